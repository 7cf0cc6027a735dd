"""Situations before an upgrade, made of records of probes, without a machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.unit.runner.world import cell
from upgradeproof.plan import Cell
from upgradeproof.preflight import Situation, examine
from upgradeproof.probes import Facts, Record, every_probe
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.results import Fidelity

Read = Mapping[Any, Mapping[str, Record]]
"""Records by probe."""
OWN = Fidelity(kernel="own", execution="native", boot="own")
SHARED = Fidelity(kernel="shared", execution="native")
EMULATED = Fidelity(kernel="own", execution="tcg", boot="own")


def package(version: str, state: str = "install ok installed") -> Package:
    return Package(version=version, state=state)


def situation(
    read: Read | None = None, *, on: Cell | None = None, fidelity: Fidelity = OWN, **plan: Any
) -> Situation:
    """Return the situation of a machine without problems, with some records replaced."""
    sound: dict[str, Mapping[str, Record]] = {probe.section: {} for probe in every_probe()}
    sound[Packages.section] = {"thing": package("1.0")}
    facts = Facts(sound | {probe.section: records for probe, records in (read or {}).items()})
    return Situation(cell=on or cell(**plan), facts=facts, fidelity=fidelity)


def found(read: Read | None = None, **others: Any) -> list[str]:
    """Return the findings as text, each with its severity and its id."""
    return [f"{f.severity} {f.id}: {f}" for f in examine(situation(read, **others))]
