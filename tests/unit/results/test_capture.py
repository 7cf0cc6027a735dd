"""The fidelity of a capture in a run: folded from the journal."""

from __future__ import annotations

from tests.unit.results.events import CELL, OTHER, begun, declared, ended
from upgradeproof.results import CaptureFidelity, SectionFidelity, fold
from upgradeproof.results import journal as j
from upgradeproof.results.capture import CaptureCompared

FIDELITY = CaptureFidelity(
    server="web1",
    sections=(
        SectionFidelity(section="packages", facts=99, agree=98, differences=("a: 1 on ...",)),
        SectionFidelity(section="units", facts=1, agree=1),
        SectionFidelity(section="sysctl", facts=0, agree=0),
    ),
)


def test_a_twin_has_the_fidelity_of_its_capture_and_other_cells_have_none() -> None:
    compared = CaptureCompared(cell=CELL, fidelity=FIDELITY)
    run = fold([begun(), declared(), declared(OTHER), compared, ended()])
    assert [cell.capture for cell in run.cells] == [FIDELITY, None]
    (read,) = j.parse([compared.model_dump_json().encode()])
    assert read == compared


def test_the_share_counts_every_fact() -> None:
    assert FIDELITY.share == 0.99
    assert CaptureFidelity(server="web1", sections=()).share == 1
