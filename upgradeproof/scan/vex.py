"""Answers to vulnerabilities: an OpenVEX document, version 0.2.0."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self
from urllib.parse import unquote

from pydantic import Field, ValidationError, model_validator

from upgradeproof.errors import PlanError
from upgradeproof.results.reading import read
from upgradeproof.results.scan import ScannedCell, SecurityFinding
from upgradeproof.scan.vulnerabilities import External, wrong

ANSWERS = ("not_affected", "fixed")
"""The statuses that state that there is no risk."""
_PURL = re.compile(r"pkg:deb/(?:[^/@?#]+/)?(?P<name>[^/@?#]+)(?:@(?P<version>[^?#]+))?(?:[?#].*)?")


class VexVulnerability(External):
    """Which vulnerability a statement is about."""

    name: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()


class VexProduct(External):
    """Which package, as a package URL."""

    id: str = Field(alias="@id")

    def fits(self, name: str, version: str) -> bool:
        """Return whether a package is meant; a package URL without a version means all."""
        found = _PURL.fullmatch(self.id)
        if found is None or unquote(found["name"]) != name:
            return False
        return found["version"] is None or unquote(found["version"]) == version


class VexStatement(External):
    """One answer."""

    vulnerability: VexVulnerability
    products: tuple[VexProduct, ...] = Field(min_length=1)
    status: Literal["not_affected", "affected", "fixed", "under_investigation"]
    justification: (
        Literal[
            "component_not_present",
            "vulnerable_code_not_present",
            "vulnerable_code_not_in_execute_path",
            "vulnerable_code_cannot_be_controlled_by_adversary",
            "inline_mitigations_already_exist",
        ]
        | None
    ) = None
    impact_statement: str = ""

    @model_validator(mode="after")
    def _has_a_reason(self) -> Self:
        if self.status == "not_affected" and not (self.justification or self.impact_statement):
            raise ValueError("not_affected needs a justification or an impact_statement")
        return self

    @property
    def answer(self) -> str:
        """Return why there is no risk; empty: the statement does not state that there is none."""
        if self.status not in ANSWERS:
            return ""
        reasons = (self.justification, self.impact_statement)
        words = ": ".join(reason.replace("_", " ") for reason in reasons if reason)
        return f"{self.status.replace('_', ' ')}: {words}" if words else self.status

    def fits(self, finding: SecurityFinding, version: str) -> bool:
        """Return whether the statement is about a finding."""
        names = (self.vulnerability.name, *self.vulnerability.aliases)
        return finding.vulnerability in names and any(
            product.fits(finding.subject, version) for product in self.products
        )


class VexDocument(External):
    """The whole document."""

    context: str = Field(alias="@context", pattern=r"^https://openvex\.dev/ns/v0\.2\.")
    author: str = Field(min_length=1)
    statements: tuple[VexStatement, ...] = Field(min_length=1)


def load_vex(path: Path) -> VexDocument:
    """Return an OpenVEX document. Raises HarnessError."""
    try:
        return VexDocument.model_validate_json(read(path))
    except ValidationError as error:
        raise wrong(path, "no OpenVEX document of version 0.2.0", error) from None


class Answers:
    """The statements of a document, and which of them were about anything."""

    def __init__(self, document: VexDocument | None, path: Path | None = None) -> None:
        """Know the statements; None: there are none."""
        self._statements = document.statements if document else ()
        self._author = document.author if document else ""
        self._path = path
        self._used: set[int] = set()

    def answered(self, finding: SecurityFinding, version: str) -> SecurityFinding:
        """Return a finding with its answer; of several statements the last one counts."""
        fitting = [at for at, each in enumerate(self._statements) if each.fits(finding, version)]
        self._used.update(fitting)
        if not fitting or not (answer := self._statements[fitting[-1]].answer):
            return finding
        return finding.model_copy(update={"answer": f"{answer} ({self._author})"})

    def check(self, cells: Sequence[ScannedCell]) -> None:
        """Raise PlanError for statements that are about no finding of the scan."""
        unused = [
            f"statements.{at}: {each.vulnerability.name} in "
            + ", ".join(product.id for product in each.products)
            for at, each in enumerate(self._statements)
            if at not in self._used
        ]
        if unused:
            raise PlanError(
                f"{self._path} answers what the scan of {len(cells)} cells did not find",
                details="\n".join(unused),
                resolution="remove these statements, or correct their package URL or version",
            )
