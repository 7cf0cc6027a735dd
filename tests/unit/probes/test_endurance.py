"""A wrapper unit that the new release makes a daemon itself, and what becomes of its parts."""

from __future__ import annotations

import pytest

from upgradeproof.probes import Difference, Facts
from upgradeproof.probes.endurance import Endurance, Stay
from upgradeproof.probes.services import Service, Services

UP = Stay(active="active", sub="running")
WRAPPER = Stay(active="active", sub="exited")
STOPPED = Stay(active="inactive", sub="dead")
FAILED = Stay(active="failed", sub="failed", result="exit-code")


def facts(main: Stay, part: Stay) -> Facts:
    services = {"mail.service": Service(active="active", parts=("mail@-.service",))}
    stays = {"mail.service": main, "mail@-.service": part}
    return Facts({Services.section: {**services}, Endurance.section: {**stays}})


def why(path: str, before: Facts, after: Facts) -> str:
    line = Difference(path=f"endurance/{path}", before="was", after="is")
    return Endurance.explain(line, before, after)


def test_a_wrapper_that_became_a_daemon_and_its_part_are_explained() -> None:
    before, after = facts(WRAPPER, UP), facts(UP, STOPPED)
    assert why("mail.service/sub", before, after) == (
        "mail.service only started other units, and has a process of its own now"
    )
    assert why("mail@-.service/active", before, after) == "mail.service does its work now"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (facts(WRAPPER, UP), facts(WRAPPER, STOPPED)),
        (facts(WRAPPER, UP), facts(UP, FAILED)),
        (facts(UP, UP), facts(UP, STOPPED)),
    ],
)
def test_any_other_part_that_is_down_is_not(before: Facts, after: Facts) -> None:
    assert why("mail@-.service/active", before, after) == ""


def test_a_daemon_that_became_a_wrapper_is_not() -> None:
    assert why("mail.service/sub", facts(UP, UP), facts(WRAPPER, UP)) == ""


def test_a_part_whose_unit_was_added_or_removed_is_a_line_of_the_services() -> None:
    part = Service(active="active")
    with_part = Facts(
        {
            Services.section: {"mail.service": Service(active="active"), "mail@-.service": part},
            Endurance.section: {"mail.service": WRAPPER, "mail@-.service": UP},
        }
    )
    without = Facts(
        {
            Services.section: {"mail.service": Service(active="active")},
            Endurance.section: {"mail.service": WRAPPER},
        }
    )
    removed = Difference(path="endurance/mail@-.service", before="was", after=None)
    added = Difference(path="endurance/mail@-.service", before=None, after="is")
    same = "the section services shows the same"
    assert Endurance.explain(removed, with_part, without) == same
    assert Endurance.explain(added, without, with_part) == same
    assert Endurance.explain(removed, with_part, with_part) == "", "the unit is still there"
    assert Endurance.explain(added, with_part, with_part) == ""
    assert Endurance.explain(removed, without, without) == "", "no services had it"
