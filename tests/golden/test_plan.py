"""What `upgradeproof plan` prints: read the golden files as its documentation."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import pytest

from upgradeproof.cli import main

ROOT = Path(__file__).parents[2]
Golden = Callable[[str, str], bool]


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with chdir(ROOT):
        assert main(["plan", *words]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("form", "ending"), [("text", "txt"), ("json", "json"), ("mermaid", "mmd")]
)
def test_the_whole_matrix_is_printed(
    capsys: pytest.CaptureFixture[str], is_golden: Golden, form: str, ending: str
) -> None:
    assert is_golden(printed(capsys, "--format", form), f"plan.{ending}")


def test_the_json_form_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    cells = json.loads(printed(capsys, "--format", "json"))
    assert {frozenset(cell) for cell in cells} == {
        frozenset({"id", "platform", "upgrade", "path", "tags", "ports", "states"})
    }


def test_every_kind_of_step_is_printed_with_its_script(
    capsys: pytest.CaptureFixture[str], is_golden: Golden
) -> None:
    plan = Path(__file__).parent / "every-step" / "upgrade.toml"
    assert is_golden(printed(capsys, "--plan", str(plan), "--scripts"), "steps.txt")


def test_cells_are_chosen_by_glob(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "debian-12-amd64.container.edge*", "*.edge-stack-11-to-12").splitlines()
    assert [line.split("  ")[0] for line in lines if line and line[0] != " "] == [
        "debian-11-amd64.container.edge-stack-11-to-12",
        "debian-11-arm64.container.edge-stack-11-to-12",
        "debian-12-amd64.container.edge-stack-12-to-13",
    ]
