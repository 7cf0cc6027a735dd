"""A defect is a small patch on a good upgrade, read from a file of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradeproof.errors import PlanError
from upgradeproof.plan import Plan, load_plan
from upgradeproof.plan.defects import Defect, defect_files, load_defect

ROOT = Path(__file__).parents[3]
PLANS = sorted(ROOT.glob("products/*/upgrade.toml"))
DEFECTS = sorted(ROOT.glob("products/*/defects/*.toml"))
TEXT = """
title = "It does nothing"
description = "the script was forgotten"
detected_by = ["test_one::test_it*"]
[[steps]]
step = "run"
script = "true"
"""


def plan() -> Plan:
    return Plan.model_validate(
        {
            "name": "thing",
            "release": [{"name": "1"}, {"name": "2"}],
            "install": [{"step": "run", "script": "install"}],
            "upgrade": [
                {
                    "from": "1",
                    "to": "2",
                    "platforms": ["*"],
                    "steps": [
                        {"step": "run", "script": "upgrade"},
                        {"step": "reboot"},
                        {"step": "run", "script": "clean"},
                        {"step": "reboot"},
                    ],
                    "rollback": [{"step": "run", "script": "back"}],
                    "allowed_changes": [{"facts": ["a/*"], "reason": "it stays there"}],
                }
            ],
        }
    )


def injected(tmp_path: Path, at: str) -> list[str]:
    path = tmp_path / "nothing.toml"
    path.write_text(f'at = "{at}"\n{TEXT}', encoding="utf-8")
    spoilt = load_defect(path).injected(plan())
    upgrade = spoilt.upgrade[0]
    assert (upgrade.rollback, upgrade.allowed_changes) == ((), ()), "a defect has no rollback"
    install, upgrading = (
        [str(getattr(step, "script", "reboot")) for step in steps]
        for steps in (spoilt.install, upgrade.steps)
    )
    return [*install, "|", *upgrading]


def test_its_steps_come_before_the_upgrades_own(tmp_path: Path) -> None:
    assert injected(tmp_path, "before") == [
        "install",
        "|",
        "true",
        "upgrade",
        "reboot",
        "clean",
        "reboot",
    ]


def test_its_steps_come_before_the_first_reboot(tmp_path: Path) -> None:
    assert injected(tmp_path, "before-reboot") == [
        "install",
        "|",
        "upgrade",
        "true",
        "reboot",
        "clean",
        "reboot",
    ]


def test_its_steps_come_after_the_installation_so_that_the_preflight_finds_them(
    tmp_path: Path,
) -> None:
    assert injected(tmp_path, "installed") == [
        "install",
        "true",
        "|",
        "upgrade",
        "reboot",
        "clean",
        "reboot",
    ]


def test_a_defect_may_keep_the_rollback_so_that_checks_of_it_run(tmp_path: Path) -> None:
    path = tmp_path / "irreversible.toml"
    path.write_text(f"with_rollback = true\n{TEXT}", encoding="utf-8")
    good, bad = plan().upgrade[0], load_defect(path).injected(plan()).upgrade[0]
    assert len(bad.steps) == len(good.steps) + 1
    assert (bad.rollback, bad.allowed_changes) == (good.rollback, good.allowed_changes) != ((), ())


def test_a_defect_that_no_check_must_detect_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "unseen.toml"
    path.write_text(TEXT.replace('detected_by = ["test_one::test_it*"]', ""), encoding="utf-8")
    with pytest.raises(PlanError) as caught:
        load_defect(path)
    assert str(caught.value) == (
        f"{path}: no check is named for this defect\n"
        "To do: name checks in `detected_by`, or the reason of a stop in `stop_reason`"
    )


@pytest.mark.parametrize("path", DEFECTS, ids=lambda path: path.stem)
def test_each_defect_of_the_products_is_valid(path: Path) -> None:
    assert load_defect(path).title


@pytest.mark.parametrize("path", DEFECTS, ids=lambda path: path.stem)
def test_a_defect_names_existing_checks(path: Path) -> None:
    """After a check is renamed, a defect that names the old one would detect nothing."""
    tests = {
        f"{suite.stem}::{line.removeprefix('def ').partition('(')[0]}"
        for suite in ROOT.glob("suites/test_*.py")
        for line in suite.read_text(encoding="utf-8").splitlines()
        if line.startswith("def test_")
    }
    suites = {test.partition("::")[0] for test in tests}
    defect: Defect = load_defect(path)
    for glob in defect.detected_by:
        assert glob.partition("*")[0] in tests, glob
    for glob in (glob for known in defect.allowed_failures for glob in known.checks):
        assert glob.partition("::")[0] in suites, glob


def test_every_defect_belongs_to_a_product() -> None:
    found = [path for file in PLANS for path in defect_files(load_plan(file))]
    assert sorted(found) == DEFECTS
