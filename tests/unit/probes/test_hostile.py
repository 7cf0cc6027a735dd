"""No output of a machine causes an exception in a parser."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from upgradeproof.errors import HarnessError
from upgradeproof.probes.base import Facts, Probe, every_probe
from upgradeproof.probes.inputs import ConfigInput, ProbeInputs

INTERESTS = ProbeInputs(
    configs=(ConfigInput(path="/etc/a", format="yaml"),), certificates=("/etc/b",)
)
PROBES = pytest.mark.parametrize("probe", every_probe(), ids=lambda probe: str(probe.section))


def survives(probe: type[Probe[Any]], output: str) -> None:
    try:
        records = probe.parse(output, INTERESTS)
    except HarnessError:
        return
    text = Facts({probe.section: records}).to_json()
    assert text.encode("utf-8")


@PROBES
def test_random_text_causes_no_exception(probe: type[Probe[Any]]) -> None:
    source = random.Random(1)
    for _ in range(100):
        survives(probe, source.randbytes(500).decode("utf-8", "replace"))


@PROBES
def test_missing_columns_cause_no_exception(probe: type[Probe[Any]]) -> None:
    kinds = ("file", "unit", "check", "missing", "socket", "holder", "process", "own", "package")
    values = ("0", "-1", "9" * 5000, "", "a b", "\x1b", "native", "=x", "+x", "sums", "bytes")
    source = random.Random(2)
    for _ in range(300):
        cells = source.choices((*kinds, *values, "\t", "\t", "\n", "|", ":", " - ", " "), k=30)
        survives(probe, "".join(cells))


@pytest.mark.parametrize("path", sorted((Path(__file__).parent / "captured").iterdir()))
def test_truncated_output_causes_no_exception(path: Path) -> None:
    probe = next(probe for probe in every_probe() if probe.section == path.stem)
    text = path.read_text()
    for size in range(0, len(text), max(1, len(text) // 50)):
        survives(probe, text[:size])
