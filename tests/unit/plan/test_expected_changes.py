"""Every expected change is listed with the cells that it is for; an empty reason is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plan.texts import PLAN, error_of, plan, write
from upgradeproof.plan import Image, expand
from upgradeproof.plan.expected_changes import expected_changes
from upgradeproof.probes import in_diffs

IMAGE = Image.model_validate(
    {
        "name": "example-1",
        "title": "Example 1",
        "family": "example",
        "codename": "first",
        "architectures": ["amd64"],
        "bootstrap": {"suites": ["first"], "keyring": "/k.gpg"},
    }
)
OWN = """[expect]
[[expect.change]]
facts = ["a/b", "c/d"]
reason = "it is for all of them"
"""
BACK = """[[upgrade.rollback]]
step = "run"
script = "true"
[[upgrade.allowed_changes]]
facts = ["e/f"]
reason = "it stays there"
[[upgrade]]
from = "1"
to = "3"
"""
ORDINARY = ("installed", "installed_rebooted", "upgraded", "rebooted")


def test_a_change_is_for_the_cells_that_take_its_upgrade(tmp_path: Path) -> None:
    found = plan(tmp_path, ("[expect]\n", OWN), ('[[upgrade]]\nfrom = "1"\nto = "3"\n', BACK))
    cells = expand([found], {"example-1": IMAGE})
    one, two, both = [cell.id for cell in cells]
    assert [
        (each.facts, each.upgrade, each.cells, each.states) for each in expected_changes(cells)
    ] == [
        ("a/b", "", (one, two, both), ORDINARY),
        ("c/d", "", (one, two, both), ORDINARY),
        ("packages/*", "1-to-2", (one, both), ORDINARY),
        ("e/f", "2-to-3", (two,), ("rolled_back", "upgraded_again")),
    ]


@pytest.mark.parametrize(
    ("glob", "known"),
    [
        ("packages/cron/version", True),
        ("packages/*", True),
        ("nothing/x", True),
        ("command_results/sync/stdout", False),
        ("boot/current/boot_id", False),
        ("boot/current/loader", True),
    ],
)
def test_a_glob_of_what_only_checks_compare_fits_no_diff(glob: str, known: bool) -> None:
    assert in_diffs(glob) is known


@pytest.mark.parametrize("reason", ["", "          "])
def test_an_empty_reason_is_refused(tmp_path: Path, reason: str) -> None:
    path = write(tmp_path, ("these are upgraded", reason))
    line = PLAN.splitlines().index('reason = "these are upgraded"') + 1
    assert error_of(path) == (
        "PLAN is not a valid plan\n"
        f"PLAN:{line}: upgrade.0.expect.change.0.reason: there is no reason: write why this "
        "change is correct"
    )
