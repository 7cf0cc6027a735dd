"""The command that draws the support graph."""

from __future__ import annotations

from pathlib import Path

from tests.unit.command_line import Command, CommandResult, upgradeproof
from tests.unit.plan.texts import write

__all__ = ["upgradeproof"]


def test_the_support_graph_is_printed(upgradeproof: Command, tmp_path: Path) -> None:
    part = (
        '[[release.component]]\nname = "NGINX"\nsupported = "1.21.3"\n[[install]]\nstep = "run"\n'
    )
    write(tmp_path, ('[[install]]\nstep = "run"\n', part))
    result = upgradeproof("graph", "thing")
    assert (result.status, result.err) == (0, "")
    assert result.out == 'graph LR\n  r1(["thing 3"])\n  r1c1["NGINX 1.21.3"]\n  r1 --> r1c1\n'


def test_a_graph_without_components_is_an_error(upgradeproof: Command, tmp_path: Path) -> None:
    write(tmp_path)
    assert upgradeproof("graph") == CommandResult(
        2,
        "",
        "upgradeproof: no release names its components\n"
        "To do: add [[release.component]] to the plan\n",
    )
    assert upgradeproof("graph", "think").err == (
        "upgradeproof: there is no product 'think'; did you mean 'thing'?\n"
    )
