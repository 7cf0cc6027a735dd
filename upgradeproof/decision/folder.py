"""A decision in its run's folder: its inputs are copied there, so that it can be made again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from upgradeproof.decision.comparison import Baseline, Place
from upgradeproof.decision.deciding import Answer, Question
from upgradeproof.decision.files import digest
from upgradeproof.decision.model import Decision, Inputs
from upgradeproof.decision.names import DECISION, INPUTS, PDF, SCAN
from upgradeproof.decision.policy import load_policy
from upgradeproof.decision.waivers import Waivers, load_waivers
from upgradeproof.errors import HarnessError
from upgradeproof.files import write_atomically
from upgradeproof.render.writing import write_text
from upgradeproof.results import Run
from upgradeproof.results.reading import parse_run, parsed, read
from upgradeproof.results.scan import Scan

_BASELINE = re.compile(r"baseline-([1-9][0-9]{0,8})")


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The files that a decision depends on."""

    run: Path
    policy: Path
    waivers: Path | None = None
    baselines: tuple[Path, ...] = ()
    """Each a run.json; a decision.json next to it names the failures that were waived in it."""
    scan: Path | None = None
    """The scan.json of the run."""


def ask(sources: Sources, at: datetime) -> Question:
    """Read the files. Raises PlanError or HarnessError, one for each file that is wrong."""
    policy = load_policy(sources.policy)
    waivers = load_waivers(sources.waivers, policy) if sources.waivers else Waivers()
    content = read(sources.run)
    run = parse_run(content, sources.run)
    return Question(
        run=run,
        policy=policy,
        at=at,
        waivers=waivers,
        baselines=tuple(_baseline(path) for path in sources.baselines),
        scan=_scan(sources.scan, run) if sources.scan else None,
        inputs=Inputs(
            run=digest(content),
            policy=digest(sources.policy.read_bytes()),
            waivers=digest(sources.waivers.read_bytes()) if sources.waivers else None,
            baselines=tuple(digest(path.read_bytes()) for path in sources.baselines),
            scan=digest(sources.scan.read_bytes()) if sources.scan else None,
        ),
    )


def _scan(path: Path, run: Run) -> Scan:
    found = parsed(Scan, path.read_bytes(), path, "scan.json")
    if found.run_id != run.run_id:
        raise HarnessError(
            f"{path} is the scan of run {found.run_id}, and this is run {run.run_id}",
            resolution="`upgradeproof scan` scans this run",
        )
    return found


def _baseline(path: Path) -> Baseline:
    return Baseline(
        run=parse_run(path.read_bytes(), path), waived=waived_places(path.with_name(DECISION))
    )


def waived_places(path: Path) -> frozenset[Place]:
    """Return the failed checks that a decision.json names as waived; of no file: none."""
    if not path.is_file():
        return frozenset()
    return frozenset((each.cell, each.check) for each in read_decision(path).waived)


def read_decision(path: Path) -> Decision:
    """Return the decision in a decision.json. Raises HarnessError."""
    if not path.is_file():
        raise HarnessError(
            f"{path}: there is no decision",
            resolution="`upgradeproof decide` makes it",
        )
    return parsed(Decision, path.read_bytes(), path, "decision.json")


def record(folder: Path, sources: Sources, answer: Answer) -> None:
    """Write decision.json into a run's folder, and copy its inputs next to it."""
    inputs = folder / INPUTS
    copied = {"policy.toml": sources.policy}
    if sources.waivers:
        copied["waivers.toml"] = sources.waivers
    if sources.scan:
        copied[SCAN] = sources.scan
    for number, path in enumerate(sources.baselines, start=1):
        copied[f"baseline-{number}/run.json"] = path
        if path.with_name(DECISION).is_file():
            copied[f"baseline-{number}/{DECISION}"] = path.with_name(DECISION)
    contents = {name: path.read_bytes() for name, path in copied.items()}
    _clear(inputs)
    for name, content in contents.items():
        write_atomically(inputs / name, content)
    write_text(folder / DECISION, answer.decision.as_json())


def _clear(inputs: Path) -> None:
    """Remove the copies of an earlier decision; other files stay."""
    old = (*inputs.glob("*.toml"), inputs / SCAN, *inputs.glob("baseline-*/*.json"))
    for path in (*old, inputs.with_name(PDF)):
        path.unlink(missing_ok=True)


def recorded(folder: Path) -> Sources:
    """Return the inputs that were copied into a run's folder."""
    inputs = folder / INPUTS
    waivers, scan = inputs / "waivers.toml", inputs / SCAN
    return Sources(
        run=folder / "run.json",
        policy=inputs / "policy.toml",
        waivers=waivers if waivers.is_file() else None,
        baselines=tuple(baselines_of(inputs)),
        scan=scan if scan.is_file() else None,
    )


def baselines_of(inputs: Path) -> Sequence[Path]:
    """Return the copies of the baselines, in the order in which they were named."""
    found = {
        int(number[1]): path
        for path in inputs.glob("baseline-*/run.json")
        if (number := _BASELINE.fullmatch(path.parent.name))
    }
    return [path for _, path in sorted(found.items())]
