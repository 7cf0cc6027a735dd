"""What a sweep over the interruptions records, and what it asks a machine."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.unit.interruptions.test_table import BAD, GOOD
from tests.unit.stub_programs import with_stub
from upgradeproof.interruptions.sweep import Outcome, recorded, version_script


def interrupted() -> Generator[Outcome, None, None]:
    yield GOOD
    yield BAD
    raise KeyboardInterrupt


def test_an_interrupted_sweep_has_recorded_its_outcomes(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "interruptions.json"
    with pytest.raises(KeyboardInterrupt):
        list(recorded(interrupted(), path))
    steps = [each["step"] for each in json.loads(path.read_text(encoding="utf-8"))]
    assert steps == [GOOD.step, BAD.step]


def test_the_name_of_a_package_is_one_word(tmp_path: Path) -> None:
    name = "a; touch ran; $(touch ran)"
    done = with_stub(tmp_path, "dpkg-query", 'printf "%s\\n" "$@"', version_script(name))
    assert done.stdout.splitlines() == ["-W", "-f", "${Version} ${db:Status-Abbrev}", "--", name]
