"""Configuration of the old release: it exists, is in its format, and its daemon accepts it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.preflight.situations import found
from upgradeproof.probes.configs import Config, Configs

PATH = "/etc/thing.conf"


def judged(file: Config, **config: Any) -> list[str]:
    codes = {"codes": {"configs/*": "E1001"}}
    named = {"config": [{"path": PATH, **config}]}
    return found({Configs: {PATH: file}}, expect=named, preflight=codes)


def test_a_missing_file_is_an_inhibitor() -> None:
    assert judged(Config()) == [
        (
            "inhibitor configs//etc/thing.conf: E1001 /etc/thing.conf is missing\n"
            "  The plan names it as the old release's configuration: the new one finds no "
            "settings.\n"
            "  To do: restore /etc/thing.conf from a backup or from its package"
        )
    ]


def test_a_file_in_another_format_is_an_inhibitor() -> None:
    assert judged(Config(exists=True, problem="line 3 is no assignment"), format="env") == [
        (
            "inhibitor configs//etc/thing.conf: E1001 /etc/thing.conf is not in the format env\n"
            "  The old release has it in that format, and the upgrade relies on it: line 3 is no"
            " assignment.\n"
            "  To do: write /etc/thing.conf in the format env"
        )
    ]


def test_a_file_that_its_daemon_refuses_is_an_inhibitor() -> None:
    output = "one\ntwo\nthree\nfour\nfive\nsix"
    file = Config(exists=True, check_status=1, check_output=output)
    assert judged(file, check="thing -t") == [
        (
            "inhibitor configs//etc/thing.conf: E1001 /etc/thing.conf is refused by its own check\n"
            "  `thing -t` ended with status 1\n  one\n  two\n  three\n  four\n  five\n"
            "  To do: fix /etc/thing.conf until `thing -t` accepts it"
        )
    ]


@pytest.mark.parametrize(
    ("file", "config"),
    [
        (Config(exists=True), {}),
        (Config(exists=True, check_status=0, check_output="warned"), {"check": "thing -t"}),
    ],
)
def test_a_valid_file_is_no_finding(file: Config, config: dict[str, Any]) -> None:
    assert judged(file, **config) == []
