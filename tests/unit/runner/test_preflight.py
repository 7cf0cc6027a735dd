"""An inhibitor stops an upgrade before its first step, and is reported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.runner.world import World, cell
from upgradeproof.errors import InhibitedError, NotReachedError
from upgradeproof.packaging import Packager
from upgradeproof.plan import Cell
from upgradeproof.results import Verdict
from upgradeproof.runner.keys import key

THING = {"name": "Thing", "package": "thing", "max": "0.9", "code": "E1102"}


def of(component: dict[str, Any], **others: Any) -> Cell:
    """Return a cell whose new release works with a component."""
    old = {"name": "1", "packages": {"thing": "1.*"}}
    new = {"name": "2", "packages": {"thing": "2.*"}, "component": [component]}
    return cell(release=[old, new], **others)


INHIBITED = of(THING)
FREE = of({**THING, "max": "3"})


def test_an_inhibitor_stops_the_upgrade_before_its_first_step(world: World) -> None:
    with world.runner(INHIBITED) as runner, pytest.raises(InhibitedError) as caught:
        runner.reach("upgraded")
    assert str(caught.value) == (
        "the preflight stops the upgrade to 2: E1102 Thing 1.0 is not a version that 2 allows\n"
        "E1102 Thing 1.0 is not a version that 2 allows\n"
        "  2 allows 0.9 or older.\n"
        "  To do: apt-get install --allow-downgrades 'thing=0.9*'\n"
        "To do: fix this on the machine, then upgrade; nothing was changed"
    )
    state = world.state("upgraded")
    assert (state.verdict, state.reason, state.steps) == (Verdict.FAILED, str(caught.value), ())
    assert [finding.id for finding in state.findings] == ["components/Thing"]


def test_the_machine_is_unchanged(world: World) -> None:
    with world.runner(INHIBITED) as runner:
        installed = runner.reach("installed")
        with pytest.raises(InhibitedError):
            runner.reach("upgraded")
        assert installed.machine.run("cat packages/thing").text == "1.0"
        assert world.log == ["start main from image", "keep installed"]


def test_a_stopped_upgrade_is_not_retried(world: World) -> None:
    with world.runner(INHIBITED) as runner:
        with pytest.raises(InhibitedError):
            runner.reach("upgraded")
        with pytest.raises(NotReachedError) as caught:
            runner.reach("upgraded")
    assert str(caught.value) == (
        "upgraded was not reached: the preflight stops the upgrade to 2: "
        "E1102 Thing 1.0 is not a version that 2 allows"
    )


def test_other_findings_are_recorded_with_the_reached_state(world: World) -> None:
    proven = of({**THING, "max": "3", "supported": "2.5"})
    with world.runner(proven) as runner:
        runner.reach("upgraded")
    state = world.state("upgraded")
    assert state.verdict is Verdict.PASSED
    assert [(f.severity, f.id) for f in state.findings] == [("info", "components/Thing")]


def test_a_cached_upgrade_is_stopped_when_the_plan_becomes_stricter(world: World) -> None:
    with world.runner(FREE) as runner:
        runner.reach("upgraded")
    with world.runner(INHIBITED) as runner, pytest.raises(InhibitedError):
        runner.reach("upgraded")


def test_a_stopped_upgrade_continues_when_the_plan_allows_it(world: World) -> None:
    with world.runner(INHIBITED) as runner, pytest.raises(InhibitedError):
        runner.reach("upgraded")
    before = len(world.log)
    with world.runner(FREE) as runner:
        runner.reach("upgraded")
    assert world.log[before:] == ["start main from snapshot", "keep upgraded", "end main"]


def test_a_state_is_recorded_with_its_components(world: World) -> None:
    with world.runner(FREE) as runner:
        runner.reach("upgraded")
    installed, upgraded = world.state("installed"), world.state("upgraded")
    assert (installed.release, installed.components) == ("1", {})
    assert (upgraded.release, upgraded.components) == ("2", {"Thing": "2.0"})


def keys(on: Cell) -> tuple[str, str]:
    packager = Packager(Path("nowhere"))
    installed = key("image", on, "installed", packager.actions(on, "installed"))
    return installed, key(installed, on, "upgraded", packager.actions(on, "upgraded"))


@pytest.mark.parametrize(
    "preflight",
    [
        {"cores": {"min": 4, "severity": "inhibitor"}},
        {"space": [{"path": "/", "min_mb": 5000}]},
        {"schedulers": {"non_rotational": ["none"]}},
        {"protection": {"services": ["waf"], "packet_filter": True}},
        {"codes": {"*": "E1"}, "accept": [{"findings": ["*"], "reason": "because we may"}]},
    ],
    ids=lambda asked: next(iter(asked)),
)
def test_keys_do_not_depend_on_how_findings_are_judged(preflight: dict[str, Any]) -> None:
    assert keys(cell(preflight=preflight)) == keys(cell())
    assert keys(INHIBITED) == keys(FREE) == keys(cell())


@pytest.mark.parametrize(
    "other",
    [
        cell(preflight={"space": [{"path": "/var/thing", "min_mb": 1}]}),
        cell(preflight={"storage_iops": {"min": 1}}),
        of({"name": "Thing", "command": "thing -v"}),
    ],
    ids=["folder", "storage", "command"],
)
def test_keys_depend_on_the_facts_that_have_to_be_read(other: Cell) -> None:
    assert not set(keys(other)) & set(keys(cell()))


def test_the_preflight_is_examined_once(world: World) -> None:
    with world.runner(FREE) as runner:
        before = runner.findings
        runner.reach("upgraded")
        assert runner.findings is before
