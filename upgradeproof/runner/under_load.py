"""The plan's loads on the states of one cell, and their results in the run's record.

A load is sent once to each state that its targets judge, and several times to compare two releases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from pydantic import TypeAdapter

from upgradeproof.endpoints import authority
from upgradeproof.errors import ExtraError, LoadError
from upgradeproof.load import (
    Aim,
    Judgement,
    LoadResult,
    Pair,
    find_locustfile,
    judge,
    judge_pairs,
    measured,
    send,
    take_turns,
    unmeasured,
    unstrained,
)
from upgradeproof.load.comparison import Side
from upgradeproof.machines import Machine
from upgradeproof.plan import Load
from upgradeproof.results import LoadMeasured, Verdict
from upgradeproof.results.journal import LoadSent, ReleasesCompared
from upgradeproof.runner.runner import Runner
from upgradeproof.runner.state import State

Unsent = LoadError | ExtraError
"""Why a load could not be sent."""
Sender = Callable[[Load, Aim, Path], LoadResult]
_PAIRS: TypeAdapter[tuple[Pair, ...]] = TypeAdapter(tuple[Pair, ...])


class UnderLoad(AbstractContextManager["UnderLoad"]):
    """Clones of a cell's states under load; load has no effect on the states themselves."""

    def __init__(self, runner: Runner, sender: Sender = send) -> None:
        """Use the states of a runner; ``sender`` sends a load once."""
        self._runner = runner
        self._sender = sender
        self._cell = runner.cell
        self._clones = ExitStack()
        self._machines: dict[str, Machine] = {}
        self._sent: dict[tuple[str, str], LoadResult | Unsent] = {}

    def __exit__(self, *_: object) -> None:
        """End the clones."""
        self._clones.close()

    def judge(self, load: Load, state: State) -> tuple[Judgement, ...]:
        """Judge a state by a load's own targets; the load is sent when it is first asked for.

        The fidelity is that of the clone that it is sent to: the state may have been cached when
        KVM worked. Raises LoadError where the generator failed, and ExtraError where Locust is not
        installed: nothing is known then.
        """
        found = self._result(load, state.name)
        return _known(judge(found, load.target, self._machine(state.name).fidelity))

    def compare(self, load: Load, old: State, new: State) -> tuple[Judgement, ...]:
        """Judge the new release compared with the old one: their clones take turns.

        Raises LoadError where the generator failed, and ExtraError where Locust is not installed.
        """
        sides: Mapping[Side, str] = {"old": old.name, "new": new.name}
        pairs = take_turns(lambda side: self._send(load, sides[side]), load)
        found = judge_pairs(load, pairs)
        self._runner.recorder.save(
            _PAIRS.dump_json(pairs).decode(), "load", f"{load.id}-pairs.json"
        )
        for each in found:
            self._runner.recorder.note(ReleasesCompared(cell=self._cell.id, ratio=each.measured))
        return _known(found)

    def _result(self, load: Load, state: str) -> LoadResult:
        """Return the result of a load in a state. Nothing is sent twice."""
        known = self._sent.get((load.id, state)) or self._first(load, state)
        if isinstance(known, Unsent):
            raise known
        return known

    def _first(self, load: Load, state: str) -> LoadResult | Unsent:
        found: LoadResult | Unsent
        try:
            found = self._send(load, state)
            text = found.model_dump_json()
            path = self._runner.recorder.save(text, "load", f"{load.id}-{state}.json")
            self._note(measured(load, state, found, path))
        except (LoadError, ExtraError) as error:
            found = error
            self._note(unmeasured(load, state, str(error)))
        self._sent[load.id, state] = found
        return found

    def _note(self, figures: LoadMeasured) -> None:
        self._runner.recorder.note(LoadSent(cell=self._cell.id, measured=figures))

    def _send(self, load: Load, state: str) -> LoadResult:
        machine = self._machine(state)
        expect = self._cell.expect
        endpoint = next(each for each in expect.endpoint if each.id == load.endpoint)
        aim = Aim(
            endpoint=endpoint,
            port=machine.published(expect.port_in(state, endpoint.port)),
            certificate=authority(machine, endpoint),
        )
        locustfile = find_locustfile(load, self._runner.locustfiles)
        return unstrained(lambda: self._sender(load, aim, locustfile))

    def _machine(self, state: str) -> Machine:
        if state not in self._machines:
            clone = self._runner.clone(state)
            self._machines[state] = self._clones.enter_context(clone)
        return self._machines[state]


def _known(judged: tuple[Judgement, ...]) -> tuple[Judgement, ...]:
    """Return judgements of the product. Raises LoadError for one of the generator."""
    broken = next((each for each in judged if each.verdict is Verdict.BROKEN), None)
    if broken:
        raise LoadError(
            broken.reason,
            resolution="run fewer cells at a time; or set `processes` or `workers` of the load, a "
            "`wait_time` of its users, or fewer `users`",
        )
    return judged
