"""Known vulnerabilities: from a file of the Debian security tracker, or reports of Trivy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from debian.debian_support import Version
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from upgradeproof.errors import HarnessError
from upgradeproof.probes.packages import Package
from upgradeproof.results.reading import read
from upgradeproof.results.scan import Level, Rule, SecurityFinding


class External(BaseModel):
    """The base of what other programs write: keys that are not needed are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class TrackedRelease(External):
    """What the tracker states of one vulnerability in one release of the distribution."""

    status: Literal["open", "resolved", "undetermined"]
    fixed_version: str = ""
    urgency: str = ""


class TrackedVulnerability(External):
    """One vulnerability of a source package."""

    description: str = ""
    releases: Mapping[str, TrackedRelease] = Field(default_factory=dict)


Tracker = Mapping[str, Mapping[str, TrackedVulnerability]]
"""By source package and id: the format of the tracker's file ``data/json``."""
_TRACKER: TypeAdapter[Tracker] = TypeAdapter(Mapping[str, Mapping[str, TrackedVulnerability]])


class TrivyVulnerability(External):
    """One entry of Trivy."""

    id: str = Field(alias="VulnerabilityID")
    package: str = Field(alias="PkgName")
    installed: str = Field(alias="InstalledVersion")
    fixed: str = Field(default="", alias="FixedVersion")
    severity: str = Field(default="UNKNOWN", alias="Severity")
    title: str = Field(default="", alias="Title")


class TrivyResult(External):
    """What Trivy found in one target."""

    vulnerabilities: tuple[TrivyVulnerability, ...] | None = Field(
        default=None, alias="Vulnerabilities"
    )


class TrivyReport(External):
    """A report of ``trivy --format json``."""

    version: Literal[2] = Field(alias="SchemaVersion")
    results: tuple[TrivyResult, ...] = Field(default=(), alias="Results")


def load_tracker(path: Path) -> Tracker:
    """Return what a file of the Debian security tracker holds. Raises HarnessError."""
    try:
        return _TRACKER.validate_json(read(path))
    except ValidationError as error:
        raise wrong(path, "no file of the Debian security tracker", error) from None


def load_trivy(path: Path) -> tuple[TrivyVulnerability, ...]:
    """Return the vulnerabilities in a report of Trivy. Raises HarnessError."""
    try:
        report = TrivyReport.model_validate_json(read(path))
    except ValidationError as error:
        raise wrong(path, "no report of Trivy in JSON", error) from None
    return tuple(each for result in report.results for each in result.vulnerabilities or ())


def wrong(path: Path, kind: str, error: ValidationError) -> HarnessError:
    """Return the error of a file that is something else, with the first key that is wrong."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the file"
    return HarnessError(f"{path} is {kind}", details=f"{where}: {first['msg']}")


def tracked(
    tracker: Tracker, packages: Mapping[str, Package], codename: str
) -> Iterator[SecurityFinding]:
    """Yield the vulnerabilities of installed packages that the tracker does not count as fixed."""
    for name, package in packages.items():
        known = tracker.get(package.source or name, {}) if package.installed else {}
        for vulnerability, entry in known.items():
            release = entry.releases.get(codename)
            if release is None or not _concerns(release, package):
                continue
            fixed = release.fixed_version if release.status == "resolved" else ""
            yield _finding(vulnerability, name, package.version, fixed, release.urgency)


def _concerns(release: TrackedRelease, package: Package) -> bool:
    """Return whether the installed version has it; ``0`` as fixed version: it never had."""
    if release.status != "resolved":
        return True
    version = package.source_version or package.version
    return bool(release.fixed_version) and Version(version) < Version(release.fixed_version)


def reported(
    entries: tuple[TrivyVulnerability, ...], packages: Mapping[str, Package]
) -> Iterator[SecurityFinding]:
    """Yield the vulnerabilities of a report whose package is installed in the same version."""
    for each in entries:
        package = packages.get(each.package)
        if package and package.installed and package.version == each.installed:
            yield _finding(each.id, each.package, each.installed, each.fixed, each.severity.lower())


def _finding(
    vulnerability: str, name: str, version: str, fixed: str, urgency: str
) -> SecurityFinding:
    level: Level = "note" if urgency in ("unimportant", "negligible") else "error"
    text = f"{vulnerability} is in {version}"
    return SecurityFinding(
        rule=Rule.VULNERABILITY,
        level=level,
        subject=name,
        text=f"{text}, fixed in {fixed}" if fixed else f"{text}, and no fixed version is known",
        vulnerability=vulnerability,
    )
