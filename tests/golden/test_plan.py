"""The output of `upgradeproof plan`: the golden files document it.

Each folder of `situations` has a plan that shows one thing, and what `plan` prints of it. The
products of this project have one file, in which cells with the same actions share them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest

from upgradeproof.cli import main

ROOT = Path(__file__).parents[2]
SITUATIONS = sorted(Path(__file__).parent.glob("situations/*/upgrade.toml"))
NAMES = [plan.parent.name for plan in SITUATIONS]
WITH_SCRIPTS = {"every-step"}
Golden = Callable[[str, str], bool]


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with chdir(ROOT):
        assert main(["plan", *words]) == 0
    return capsys.readouterr().out


def in_short(state: str, actions: list[dict[str, Any]]) -> list[str]:
    """Return a line for each action of a state: its kind, its title, and its other keys."""
    lines = [f"  {state}"]
    for action in actions:
        others = [f"{key}={value}" for key, value in action.items() if key not in ("do", "title")]
        lines.append("    " + " ".join([f"{action['do']}: {action['title']}", *others]))
    return lines


def grouped(cells: list[dict[str, Any]]) -> str:
    """Return the whole content of cells, in which those with the same states share them."""
    groups: dict[str, list[str]] = {}
    for cell in cells:
        states = cell.pop("states")
        body = "\n".join(line for each in states.items() for line in in_short(*each))
        groups.setdefault(body, []).append(json.dumps(cell, ensure_ascii=False))
    return "".join("\n".join([*heads, body, "\n"]) for body, heads in groups.items())


def test_the_products_are_printed_as_json(
    capsys: pytest.CaptureFixture[str], is_golden: Golden
) -> None:
    cells = json.loads(printed(capsys, "--format", "json"))
    assert {frozenset(cell) for cell in cells} == {
        frozenset({"id", "platform", "upgrade", "path", "tags", "ports", "states"})
    }
    assert is_golden(grouped(cells), "products.txt")


def test_the_products_are_drawn_as_a_graph(
    capsys: pytest.CaptureFixture[str], is_golden: Golden
) -> None:
    assert is_golden(printed(capsys, "--format", "mermaid"), "products.mmd")


@pytest.mark.parametrize("plan", SITUATIONS, ids=NAMES)
@pytest.mark.parametrize(
    ("form", "ending"), [("text", "txt"), ("json", "json"), ("mermaid", "mmd")]
)
def test_a_situation_is_printed(
    capsys: pytest.CaptureFixture[str], is_golden: Golden, plan: Path, form: str, ending: str
) -> None:
    folder = plan.parent
    words = ["--scripts"] if folder.name in WITH_SCRIPTS and form == "text" else []
    text = printed(capsys, "--plan", str(plan), "--format", form, *words)
    assert is_golden(text, f"situations/{folder.name}/plan.{ending}")


def test_the_text_of_a_cell_names_what_its_json_does(capsys: pytest.CaptureFixture[str]) -> None:
    """All cells of the products: the text form has the same cells, states and titles."""
    cells = json.loads(printed(capsys, "--format", "json"))
    expected = [
        line
        for cell in cells
        for line in [
            cell["id"],
            *(
                name
                for state, actions in cell["states"].items()
                for name in [f"-> {state}", *(action["title"] for action in actions)]
            ),
        ]
    ]
    lines = printed(capsys).splitlines()
    assert [in_text(line) for line in lines if line] == expected


def in_text(line: str) -> str:
    """Return the cell, the state or the title of a line of the text form."""
    if not line.startswith(" "):
        return line.partition("  ")[0]
    return line.strip() if line.startswith("  ->") else line.strip()[2:]


def test_cells_are_chosen_by_glob(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "debian-12-amd64.container.edge*", "*.edge-stack-11-to-12").splitlines()
    assert [line.split("  ")[0] for line in lines if line and line[0] != " "] == [
        "debian-11-amd64.container.edge-stack-11-to-12",
        "debian-11-arm64.container.edge-stack-11-to-12",
        "debian-12-amd64.container.edge-stack-12-to-13",
    ]
