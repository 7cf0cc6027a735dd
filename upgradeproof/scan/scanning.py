"""Scan a run: every rule on the upgraded machine of every cell that ran."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from upgradeproof import __version__
from upgradeproof.errors import HarnessError
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.system import System
from upgradeproof.results import Run
from upgradeproof.results.reading import time_of
from upgradeproof.results.scan import Part, Rule, Scan, ScannedCell, SecurityFinding
from upgradeproof.scan import parts
from upgradeproof.scan.lifetimes import FOLDER
from upgradeproof.scan.machine import ScannedMachine
from upgradeproof.scan.vex import Answers, load_vex
from upgradeproof.scan.vulnerabilities import load_tracker, load_trivy, reported, tracked
from upgradeproof.states import StateName

NO_DATABASE = "no file of the Debian security tracker and no report of Trivy was given"


@dataclass(frozen=True, kw_only=True)
class ScanInputs:
    """Files that a scan reads in addition to the run."""

    tracker: Path | None = None
    trivy: tuple[Path, ...] = ()
    vex: Path | None = None
    distro_info: Path = field(default=FOLDER)


def scan(run: Run, folder: Path, inputs: ScanInputs) -> Scan:
    """Return what was found. Raises HarnessError or PlanError for files that are wrong.

    A statement of the VEX document that is about no finding is an error, and so is a report of
    Trivy that is about no machine of the run.
    """
    began = time_of(run.started_at)
    vulnerabilities = _Vulnerabilities(inputs)
    cells = tuple(
        ScannedCell(
            cell=cell.id,
            facts=machine.facts(StateName.UPGRADED),
            parts=(
                parts.security_updates(machine, began),
                parts.without_source(machine),
                parts.unsupported(machine, began, inputs.distro_info),
                parts.exposed(machine),
                parts.weak_tls(machine),
                vulnerabilities.of(machine),
            ),
        )
        for cell in run.cells
        if cell.selected
        for machine in (ScannedMachine(cell, folder),)
    )
    if not cells:
        raise HarnessError(
            f"no cell of the run in {folder} was selected, so there is nothing to scan",
            resolution="run pytest first",
        )
    vulnerabilities.check(cells)
    return Scan(run_id=run.run_id, upgradeproof=__version__, cells=cells)


class _Vulnerabilities:
    """The databases that were given, and the answers to what they find."""

    def __init__(self, inputs: ScanInputs) -> None:
        self._tracker = load_tracker(inputs.tracker) if inputs.tracker else None
        self._trivy = {path: load_trivy(path) for path in inputs.trivy}
        self._about: set[Path] = set()
        self._answers = Answers(load_vex(inputs.vex) if inputs.vex else None, inputs.vex)

    def of(self, machine: ScannedMachine) -> Part:
        """Return the known vulnerabilities of a machine."""
        rule = Rule.VULNERABILITY
        if self._tracker is None and not self._trivy:
            return Part(rule=rule, reason=NO_DATABASE)
        packages = machine.records(StateName.UPGRADED, Packages)
        system = (machine.records(StateName.UPGRADED, System) or {}).get("system")
        if packages is None or system is None:
            return Part(rule=rule, reason=parts.NOT_READ)
        answered = (
            self._answers.answered(each, packages[each.subject].version)
            for each in self._found(packages, system.codename)
        )
        unique = {(each.subject, each.vulnerability): each for each in answered}
        reason = self._unknown(system.codename)
        return Part(rule=rule, findings=tuple(unique.values()), reason=reason)

    def _found(self, packages: Mapping[str, Package], codename: str) -> Iterator[SecurityFinding]:
        if self._tracker is not None:
            yield from tracked(self._tracker, packages, codename)
        for path, entries in self._trivy.items():
            found = tuple(reported(entries, packages))
            if found or not entries:
                self._about.add(path)
            yield from found

    def _unknown(self, codename: str) -> str:
        """Return why the tracker's file does not apply to a machine; empty: it does."""
        if self._tracker is None or self._trivy:
            return ""
        entries = (each for known in self._tracker.values() for each in known.values())
        if any(codename in each.releases for each in entries):
            return ""
        return f"the security tracker has no release {codename!r}"

    def check(self, cells: tuple[ScannedCell, ...]) -> None:
        """Raise an error for a report or an answer that is about nothing in the run."""
        for path in self._trivy.keys() - self._about:
            raise HarnessError(
                f"{path} is about no machine of this run",
                details="no upgraded machine has one of its packages in the version that it names",
                resolution="scan the machines of this run with Trivy",
            )
        self._answers.check(cells)
