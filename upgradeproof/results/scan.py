"""What a scan found: the models of ``scan.json``, schema version 1."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import computed_field

from upgradeproof.results.base import Frozen
from upgradeproof.results.model import Verdict, worst


class Rule(StrEnum):
    """Name what is looked for; each is one part of the scan of a machine."""

    SECURITY_UPDATE = "security-update-missing"
    NO_SOURCE = "package-without-source"
    UNSUPPORTED = "unsupported-release"
    EXPOSED = "exposed-service"
    WEAK_TLS = "weak-tls"
    VULNERABILITY = "known-vulnerability"

    @property
    def meaning(self) -> str:
        """Return what a finding of this rule means."""
        return _MEANINGS[self]


_MEANINGS = {
    Rule.SECURITY_UPDATE: "A fixed version is in the archive and was not installed.",
    Rule.NO_SOURCE: "No archive offers the installed version, so that it gets no fixes.",
    Rule.UNSUPPORTED: "The release of the distribution gets no security updates any more.",
    Rule.EXPOSED: "A service listens on all interfaces, and did not before the upgrade.",
    Rule.WEAK_TLS: "An endpoint offers a version of TLS or a cipher suite that is broken.",
    Rule.VULNERABILITY: "The installed version has a known vulnerability.",
}
Level = Literal["error", "warning", "note"]


class SecurityFinding(Frozen):
    """One thing that was found on the upgraded machine of a cell."""

    rule: Rule
    level: Level
    subject: str
    """A package, a socket, an endpoint or a release."""
    text: str
    vulnerability: str = ""
    """The id of the vulnerability, such as of CVE; empty for the other rules."""
    answer: str = ""
    """Why it is no risk, as a VEX document states it; empty: it has no answer."""

    def __str__(self) -> str:
        return f"{self.subject}: {self.text}"


class Part(Frozen):
    """One rule on one machine."""

    rule: Rule
    reason: str = ""
    """Why the rule could not be applied; empty: it was."""
    findings: tuple[SecurityFinding, ...] = ()

    @property
    def open(self) -> tuple[SecurityFinding, ...]:
        """Return the findings that are no notes and have no answer."""
        return tuple(each for each in self.findings if each.level != "note" and not each.answer)

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented order
    @property
    def verdict(self) -> Verdict:
        """Return whether it was applied and found nothing that is not answered."""
        if self.open:
            return Verdict.FAILED
        return Verdict.NOT_APPLICABLE if self.reason else Verdict.PASSED


class ScannedCell(Frozen):
    """The upgraded machine of one cell."""

    cell: str
    facts: str
    """The path of its facts, relative to run.json; empty: there are none."""
    parts: tuple[Part, ...]


class Scan(Frozen):
    """All of it."""

    schema_version: Literal[1] = 1
    run_id: str
    upgradeproof: str
    cells: tuple[ScannedCell, ...]

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented order
    @property
    def verdict(self) -> Verdict:
        """Return the worst of the parts; it passed only if every part was applied."""
        found = {part.verdict for cell in self.cells for part in cell.parts}
        if Verdict.FAILED not in found and Verdict.NOT_APPLICABLE in found:
            return Verdict.NOT_APPLICABLE
        return worst(found)
