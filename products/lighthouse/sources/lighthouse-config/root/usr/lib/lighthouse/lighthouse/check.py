"""The checks of a node; each problem has an error code with its own exit status."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lighthouse import configuration, environment
from lighthouse.release import COMPONENTS, ENVIRONMENT_PREFIX, VERSION

CONFLICT, INCOMPATIBLE, RESOURCES = "E1001", "E1102", "E1203"
EXIT_STATUS = {CONFLICT: 10, INCOMPATIBLE: 11, RESOURCES: 12}
NEEDED_CPUS, NEEDED_GB = 8, 16
_VERSION = re.compile(r"\d+(\.\d+)*")


@dataclass(frozen=True)
class Problem:
    """A problem of the node, with its error code."""

    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


def check_configuration(path: Path, variables: Path) -> Iterator[Problem]:
    """Yield the problems of the configuration, and the components that the release excludes."""
    try:
        found = configuration.load(path)
    except configuration.ConfigurationError as error:
        yield Problem(CONFLICT, f"configuration conflict: {error}")
        return
    try:
        prefix = environment.prefix_of(variables.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        yield Problem(CONFLICT, f"configuration conflict: {variables} can't be read: {error}")
        return
    if prefix != ENVIRONMENT_PREFIX:
        yield Problem(
            CONFLICT,
            f"configuration conflict: {variables} names {prefix}_*, and Lighthouse {VERSION}"
            f" reads {ENVIRONMENT_PREFIX}_*",
        )
    yield from check_components(found.components)


def check_components(found: Mapping[str, str]) -> Iterator[Problem]:
    """Yield the components that are outside the range that the release allows."""
    for name, version in found.items():
        if name not in COMPONENTS:
            yield Problem(INCOMPATIBLE, f"version incompatible: {name} is no known component")
            continue
        first, last = COMPONENTS[name]
        if not _VERSION.fullmatch(version) or not _key(first) <= _key(version) <= _key(last):
            yield Problem(
                INCOMPATIBLE,
                f"version incompatible: {name} {version} is outside {first} - {last}, which"
                f" Lighthouse {VERSION} works with: see the compatibility matrix",
            )


def check_resources(cpus: int, memory_kb: int) -> Iterator[Problem]:
    """Yield the resources that the machine lacks; a machine sold as 16 GB reports a little less."""
    memory_gb = round(memory_kb / 1024 / 1024)
    if cpus < NEEDED_CPUS or memory_gb < NEEDED_GB:
        yield Problem(
            RESOURCES,
            f"not enough resources: {cpus} vCPU and {memory_gb} GB, where"
            f" {NEEDED_CPUS} vCPU and {NEEDED_GB} GB are needed",
        )


def resources() -> tuple[int, int]:
    """Return the machine's processors and its memory in kilobytes."""
    text = Path("/proc/meminfo").read_text(encoding="utf-8")
    found = re.search(r"^MemTotal:\s+(\d+) kB", text, re.MULTILINE)
    return os.cpu_count() or 1, int(found[1]) if found else 0


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
