"""Globs over versions are as wide as possible and match only one of the releases."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from upgradeproof.observe.versions import version_glob


@pytest.mark.parametrize(
    ("version", "other", "glob"),
    [
        ("15.20-0+deb12u1", "", "15.*"),
        ("15+248+deb12u2", "17+278+deb13u1", "15+*"),
        ("12.4+deb12u15", "13.8+deb13u8", "12.*"),
        ("1:9.2p1-2+deb12u9", "1:10.0p1-7", "1:9.*"),
        ("1.22.1-9+deb12u3", "1.26.3-3+deb13u1", "1.22.*"),
        ("1.4.69-1", "1.4.79-2", "1.4.69-*"),
        ("1.6-2.1+deb12u3", "1.7.1-6", "1.6-*"),
        ("3.0pl1-162", "3.0pl1-197", "3.0pl1-162"),
        ("3.0pl1-162+b1", "3.0pl1-162", "3.0pl1-162+*"),
        ("3.0pl1-162", "3.0pl1-162+b1", "3.0pl1-162"),
        ("2.0", "2.0", "2.*"),
        ("5", "6", "5"),
    ],
)
def test_the_glob_is_the_widest_that_distinguishes_the_releases(
    version: str, other: str, glob: str
) -> None:
    assert version_glob(version, other) == glob
    assert fnmatchcase(version, glob)
    assert version == other or not fnmatchcase(other, glob)
