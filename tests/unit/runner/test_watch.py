"""The result of a prober during an upgrade is recorded, cached with the state and restored."""

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
"""A port of the machine, which is forwarded to a real server of this host."""
DISRUPTION = {
    "endpoint": "site",
    "answer_timeout_ms": 500,
    "max_downtime_ms": 100,
    "max_total_downtime_ms": 100,
}
ROOMY = {"max_downtime_ms": 60_000, "max_total_downtime_ms": 60_000}
"""A budget that is never exceeded: on a busy host, a state is built again where this is unknown."""
ENDPOINT = {"id": "site", "kind": "http", "port": PORT}
SLOWLY = f"sleep 0.3; {UPGRADE}"


def watched(
    *, upgrade: str = SLOWLY, disruption: Any = (), endpoint: Any = (), **others: Any
) -> Cell:
    """Return a cell with one endpoint, which is probed during the whole upgrade."""
    expect = {
        "endpoint": [ENDPOINT | dict(endpoint)],
        "disruption": [DISRUPTION | dict(disruption)],
    }
    return cell(
        upgrade=[{"step": "run", "script": upgrade, "title": "install"}], expect=expect, **others
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


def test_an_endpoint_is_probed_from_before_the_first_step_until_after_the_last(
    served: World,
) -> None:
    # A shorter stall of the host does not make the result uncertain.
    state = reached(
        served, watched(disruption={"max_downtime_ms": 2000, "max_total_downtime_ms": 9000})
    )
    seen = only(state.availability)
    assert seen.problem == ""
    assert [lane.requests > 0 for lane in seen.connections] == [True, True]
    assert [step.title for step in seen.steps] == ["install"]
    assert 0 <= seen.steps[0].began_s < seen.steps[0].ended_s < seen.duration_s
    assert state.seen(state.cell.expect.disruption[0]) == seen


def test_the_availability_is_recorded_with_its_requests(served: World) -> None:
    state = reached(served, watched())
    seen = only(served.result().availability)
    assert seen == only(state.availability)
    assert (served.folder / "reports" / seen.evidence).is_file()


def test_a_reused_state_has_the_original_availability(served: World) -> None:
    seen = watched(disruption=ROOMY)
    built = reached(served, seen)
    requests = served.folder / "reports" / only(built.availability).evidence
    text = requests.read_text()
    requests.unlink()
    before = len(served.log)
    reused = reached(served, seen)
    assert served.log[before:] == []
    assert reused.availability == built.availability == served.result().availability
    assert requests.read_text() == text


def test_a_prober_that_fails_is_no_failure_of_the_upgrade(world: World) -> None:
    """The machine of this test publishes no port."""
    state = reached(world, watched())
    assert only(state.availability).connections == ()
    with pytest.raises(LoadError) as caught:
        state.seen(state.cell.expect.disruption[0])
    assert str(caught.value).startswith(
        f"nothing is known of the availability of site\nport {PORT} of "
    )


def test_a_state_with_a_failed_prober_is_built_again(world: World) -> None:
    reached(world, watched())
    with serving(at_once) as port:
        world.backend.forwards[PORT] = port
        assert only(reached(world, watched()).availability).problem == ""


def test_without_a_test_of_availability_there_is_no_prober(served: World) -> None:
    state = reached(served, watched(), watched=False)
    assert served.result().availability == ()
    with pytest.raises(
        LoadError, match="no prober ran during the transition to upgraded\nTo do: a test"
    ):
        state.availability  # noqa: B018  # reading the property raises


def test_a_state_without_a_prober_is_built_again_for_a_test_of_availability(served: World) -> None:
    reached(served, watched(), watched=False)
    assert only(reached(served, watched()).availability).problem == ""


def test_a_watched_state_is_reused_without_a_test_of_availability(served: World) -> None:
    reached(served, watched())
    before = len(served.log)
    reached(served, watched(), watched=False)
    assert served.log[before:] == []


def test_the_availability_of_a_failed_upgrade_is_recorded(served: World) -> None:
    with pytest.raises(StepError):
        reached(served, watched(upgrade="sleep 0.2; exit 1"))
    seen = only(served.result().availability)
    assert (seen.problem, [step.title for step in seen.steps]) == ("", ["install"])


def test_under_emulation_there_is_no_prober(served: World) -> None:
    served.backend = FolderBackend(served.folder / "emulated", execution="qemu-user")
    state = reached(served, watched())
    assert state.availability == ()
    with pytest.raises(LoadError, match="no prober ran during the transition to upgraded"):
        state.seen(state.cell.expect.disruption[0])


def test_without_a_disruption_there_is_no_prober(served: World) -> None:
    assert reached(served, cell(expect={"endpoint": [ENDPOINT]})).availability == ()


def test_only_the_first_upgrade_is_watched(served: World) -> None:
    on = watched(rollback="echo 1.0 >packages/thing")
    assert reached(served, on, "upgraded_again").availability == ()
    assert [seen.state for seen in served.result().availability] == ["upgraded"]


def test_a_watched_machine_has_no_checkpoints(tmp_path: Path) -> None:
    more = [{"step": "run", "script": "true"}]
    with World(tmp_path) as world, serving(at_once) as port:
        world.backend = FolderBackend(tmp_path / "backend", kernel="own")
        world.backend.forwards[PORT] = port
        for on in (cell(upgrade=[*_steps(watched()), *more]), watched()):
            reached(world, on, checkpoint_after_s=0.0)
        assert world.log.count("keep checkpoint") == 1


def _steps(on: Cell) -> list[dict[str, Any]]:
    return [step.model_dump() for step in on.upgrade.steps]


def test_the_watch_begins_after_the_old_release_is_cached(served: World) -> None:
    """The machine may be paused during its snapshot, which must not count as a downtime."""
    served.backend.slow_s = 0.5
    with served.runner(watched()) as runner:
        cached_at = time.monotonic() + served.backend.slow_s
        upgraded = runner.reach("upgraded")
    requests = served.folder / "reports" / only(upgraded.availability).evidence
    began = float(requests.read_text().split('"began_at":', 1)[1].split(",", 1)[0])
    assert began > cached_at


def test_a_downtime_without_an_end_is_over_every_budget(world: World) -> None:
    """After the last step the prober runs for longer than the maximum downtime."""
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
        {"disruption": {"max_downtime_ms": 50}},  # the prober runs for longer than that
    ],
)
def test_the_key_depends_on_what_is_probed(changed: dict[str, Any]) -> None:
    before, after = keys(watched()), keys(watched(**changed))
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_every_key_depends_on_what_an_endpoint_is_asked() -> None:
    before, after = keys(watched()), keys(watched(endpoint={"path": "/other"}))
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_the_key_does_not_depend_on_the_limit_of_the_sum_of_downtimes() -> None:
    assert keys(watched()) == keys(watched(disruption={"max_total_downtime_ms": 2000}))
