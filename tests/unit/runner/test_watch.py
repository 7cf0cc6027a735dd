"""What a prober sees on the way to the new release is told, kept with the state, and comes back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.load.servers import at_once, serving
from tests.unit.runner.fakes import FolderBackend
from tests.unit.runner.test_reuse import keys
from tests.unit.runner.world import UPGRADE, World, cell
from upgradeproof.errors import LoadError, StepError
from upgradeproof.plan import Cell
from upgradeproof.prober import over_budget
from upgradeproof.results import Availability
from upgradeproof.runner import State

PORT = 1080
"""The machine's; behind it stands a real server of this host."""
DISRUPTION = {
    "endpoint": "site",
    "answer_timeout_ms": 500,
    "max_downtime_ms": 100,
    "max_total_downtime_ms": 100,
}
ENDPOINT = {"id": "site", "kind": "http", "port": PORT}
SLOWLY = f"sleep 0.3; {UPGRADE}"


def watched(
    *, upgrade: str = SLOWLY, disruption: Any = (), endpoint: Any = (), **others: Any
) -> Cell:
    """Return a cell whose only endpoint is asked all along its upgrade."""
    expect = {
        "endpoint": [ENDPOINT | dict(endpoint)],
        "disruption": [DISRUPTION | dict(disruption)],
    }
    return cell(
        upgrade=[{"step": "run", "script": upgrade, "title": "dear"}], expect=expect, **others
    )


@pytest.fixture
def served(world: World) -> Iterator[World]:
    with serving(at_once) as port:
        world.backend.forwards[PORT] = port
        yield world


def reached(world: World, on: Cell, name: str = "upgraded", **run: Any) -> State:
    with world.runner(on, **run) as runner:
        return runner.reach(name)


def only(found: tuple[Availability, ...]) -> Availability:
    (seen,) = found
    return seen


def test_an_endpoint_is_asked_from_before_the_first_step_until_after_the_last(
    served: World,
) -> None:
    # A host that stalls for less than these limits leaves no doubt about them.
    state = reached(
        served, watched(disruption={"max_downtime_ms": 2000, "max_total_downtime_ms": 9000})
    )
    seen = only(state.availability)
    assert seen.problem == ""
    assert [lane.requests > 0 for lane in seen.connections] == [True, True]
    assert [step.title for step in seen.steps] == ["dear"]
    assert 0 <= seen.steps[0].began_s < seen.steps[0].ended_s < seen.duration_s
    assert state.seen(state.cell.expect.disruption[0]) == seen


def test_what_was_seen_is_journalled_with_its_requests(served: World) -> None:
    state = reached(served, watched())
    seen = only(served.told().availability)
    assert seen == only(state.availability)
    assert (served.folder / "reports" / seen.evidence).is_file()


def test_a_reused_state_tells_what_was_seen_when_it_was_built(served: World) -> None:
    built = reached(served, watched())
    requests = served.folder / "reports" / only(built.availability).evidence
    text = requests.read_text()
    requests.unlink()
    before = len(served.log)
    reused = reached(served, watched())
    assert served.log[before:] == []
    assert reused.availability == built.availability == served.told().availability
    assert requests.read_text() == text


def test_a_prober_that_fails_is_no_failure_of_the_upgrade(world: World) -> None:
    """Nothing is published here."""
    state = reached(world, watched())
    assert only(state.availability).connections == ()
    with pytest.raises(LoadError) as caught:
        state.seen(state.cell.expect.disruption[0])
    assert str(caught.value).startswith(
        f"nothing is known of the availability of site\nport {PORT} of "
    )


def test_a_state_of_which_the_prober_knows_nothing_is_built_anew(world: World) -> None:
    reached(world, watched())
    with serving(at_once) as port:
        world.backend.forwards[PORT] = port
        assert only(reached(world, watched()).availability).problem == ""


def test_where_nobody_looks_there_is_no_prober(served: World) -> None:
    state = reached(served, watched(), watched=False)
    assert served.told().availability == ()
    with pytest.raises(
        LoadError, match="no prober ran during the transition to upgraded\nTo do: a test"
    ):
        state.availability  # noqa: B018  # it looks


def test_a_state_that_nobody_watched_is_built_anew_for_who_asks(served: World) -> None:
    reached(served, watched(), watched=False)
    assert only(reached(served, watched()).availability).problem == ""


def test_a_state_that_was_watched_serves_those_who_do_not_ask(served: World) -> None:
    reached(served, watched())
    before = len(served.log)
    reached(served, watched(), watched=False)
    assert served.log[before:] == []


def test_an_upgrade_that_fails_tells_what_was_seen_of_it(served: World) -> None:
    with pytest.raises(StepError):
        reached(served, watched(upgrade="sleep 0.2; exit 1"))
    seen = only(served.told().availability)
    assert (seen.problem, [step.title for step in seen.steps]) == ("", ["dear"])


def test_under_emulation_nobody_is_asked(served: World) -> None:
    served.backend = FolderBackend(served.folder / "emulated", execution="qemu-user")
    state = reached(served, watched())
    assert state.availability == ()
    with pytest.raises(LoadError, match="no prober ran during the transition to upgraded"):
        state.seen(state.cell.expect.disruption[0])


def test_without_a_disruption_nobody_is_asked(served: World) -> None:
    assert reached(served, cell(expect={"endpoint": [ENDPOINT]})).availability == ()


def test_only_the_first_upgrade_is_watched(served: World) -> None:
    on = watched(rollback="echo 1.0 >packages/thing")
    assert reached(served, on, "upgraded_again").availability == ()
    assert [seen.state for seen in served.told().availability] == ["upgraded"]


def test_a_machine_that_is_watched_makes_no_stop_on_its_way(tmp_path: Path) -> None:
    more = [{"step": "run", "script": "true"}]
    with World(tmp_path) as world, serving(at_once) as port:
        world.backend = FolderBackend(tmp_path / "backend", kernel="own")
        world.backend.forwards[PORT] = port
        for on in (cell(upgrade=[*_steps(watched()), *more]), watched()):
            reached(world, on, checkpoint_after_s=0.0)
        assert world.log.count("keep checkpoint") == 1


def _steps(on: Cell) -> list[dict[str, Any]]:
    return [step.model_dump() for step in on.upgrade.steps]


def test_the_watch_begins_when_the_old_release_is_kept(served: World) -> None:
    """The machine may stand still while its snapshot is taken; until then it is nobody else's."""
    served.backend.slow_s = 0.5
    with served.runner(watched()) as runner:
        runner.reach("installed")
        kept = time.monotonic()
        assert served.log[-1] == "keep installed"
        upgraded = runner.reach("upgraded")
    requests = served.folder / "reports" / only(upgraded.availability).evidence
    began = float(requests.read_text().split('"began_at":', 1)[1].split(",", 1)[0])
    assert began > kept


def test_a_downtime_without_an_end_is_over_every_budget(world: World) -> None:
    """The prober looks on for longer than a downtime may last."""
    world.linger_s = 2.0
    on = watched(disruption={"max_downtime_ms": 2000, "max_total_downtime_ms": 9000})
    with serving(lambda count: 200 if count < 5 else 503) as port:
        world.backend.forwards[PORT] = port
        upgraded = reached(world, on)
    (asked,) = upgraded.cell.expect.disruption
    assert "status 503" in over_budget(asked, only(upgraded.availability))


@pytest.mark.parametrize(
    "changed",
    [
        {"disruption": {"answer_timeout_ms": 400}},
        {"disruption": {"rate_per_s": 60}},
        {"disruption": {"max_downtime_ms": 50}},  # it looks on for longer than that
        {"endpoint": {"path": "/other"}},
    ],
)
def test_the_key_changes_with_what_is_probed(changed: dict[str, Any]) -> None:
    before, after = keys(watched()), keys(watched(**changed))
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_the_key_stays_when_only_the_sum_of_downtimes_is_judged_anew() -> None:
    assert keys(watched()) == keys(watched(disruption={"max_total_downtime_ms": 2000}))
