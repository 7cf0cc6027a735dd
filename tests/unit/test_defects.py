"""What a run with a planted defect says of the suite: caught, missed, or caught by accident."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradeproof.defects import Caught, choose, judge, table
from upgradeproof.errors import PlanError
from upgradeproof.home import Home
from upgradeproof.plan.defects import Defect

ROOT = Path(__file__).parents[2]
RUN = [{"step": "run", "script": "true"}]


def defect(**keys: object) -> Defect:
    return Defect.model_validate(
        {"title": "t", "what_it_is": "w", "steps": RUN, "name": "bad-kernel", **keys}
    )


SEEN = defect(
    caught_by=["test_modules::test_module_is_there*loop*"],
    allowed=[{"checks": ["test_services::*"], "reason": "a service needs it"}],
)
STOPPED = defect(stopped_by="* does not boot: initramfs shell*")
LOOP, OTHER = "test_modules::test_module_is_there[loop]", "test_data::test_data_is_read[a]"
SERVICE = "test_services::test_service_is_active[x]"


DOWN = "m does not boot: initramfs shell: x"
CASES: dict[str, tuple[Defect, list[str], list[str], tuple[tuple[str, ...], ...]]] = {
    "seen": (SEEN, [LOOP], [], ((LOOP,), (), ())),
    "with a consequence": (SEEN, [LOOP, SERVICE], [], ((LOOP,), (), ())),
    "not seen": (SEEN, [], [], ((), SEEN.caught_by, ())),
    "a consequence alone": (SEEN, [SERVICE], [], ((), SEEN.caught_by, ())),
    "something else, too": (SEEN, [LOOP, OTHER], [], ((LOOP,), (), (OTHER,))),
    "stopped before": (SEEN, [LOOP], ["it failed\nlong"], ((), SEEN.caught_by, ("it failed",))),
    "stopped as it must be": (STOPPED, [], [f"{DOWN}\nconsole"], ((DOWN,), (), ())),
    "not stopped": (STOPPED, [], [], ((), (STOPPED.stopped_by,), ())),
}


@pytest.mark.parametrize("name", CASES)
def test_what_failed_is_held_against_the_defect(name: str) -> None:
    of, failed, stops, expected = CASES[name]
    found = judge(of, failed, stops, 1.0)
    by, missed, unrelated = expected
    assert (found.by, found.missed, found.unrelated) == expected
    assert found.good == (bool(by) and not missed and not unrelated)


def test_every_check_that_must_see_it_has_to() -> None:
    both = defect(caught_by=["test_a::*", "test_b::*"])
    found = judge(both, ["test_a::test_one"], [], 1.0)
    assert (found.missed, found.good) == (("test_b::*",), False)


def test_the_table_says_what_caught_each() -> None:
    good = judge(SEEN, [LOOP], [], 61.2)
    bad = judge(SEEN, [OTHER], [], 5.0)
    lines = [line.rstrip() for line in table([good, bad]).splitlines()]
    assert lines[2].split() == ["caught", "bad-kernel", LOOP, "61", "s"]
    assert "MISSED BY test_modules::test_module_is_there*loop*" in lines[3]
    assert f"and, unrelated, {OTHER}" in lines[4]


def test_a_defect_that_there_is_not_is_one_clear_error() -> None:
    with pytest.raises(PlanError) as caught:
        choose(Home(ROOT), ["header-missing"])
    assert "there is no defect 'header-missing'; " in str(caught.value)
    assert "headers-missing" in str(caught.value)


def test_all_are_chosen_where_none_is_named() -> None:
    assert len(choose(Home(ROOT), [])) >= 8
    assert isinstance(judge(SEEN, [], [], 0.0), Caught)
