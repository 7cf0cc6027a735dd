"""The capture fidelity of a server, on the page and in the summary."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.render.reading import Page
from upgradeproof.render import write_page
from upgradeproof.render.capture import SHOWN, percent, sections
from upgradeproof.render.formats.markdown import summary
from upgradeproof.results import CaptureFidelity, Cell, Run, SectionFidelity

FIDELITY = CaptureFidelity(
    server="web1",
    sections=(
        SectionFidelity(
            section="packages", facts=1000, agree=999, differences=("a: 1 on the server, 2 ...",)
        ),
        SectionFidelity(section="units", facts=7, agree=7),
        SectionFidelity(section="sysctl", facts=0, agree=0),
    ),
)
RUN = Run(
    run_id="run1",
    started_at="",
    upgradeproof="0.1.0",
    cells=(
        Cell(id="p.web1-1-to-2", platform="p", upgrade="web1-1-to-2", product="web1",
             capture=FIDELITY),
        Cell(id="p.thing-1-to-2", platform="p", upgrade="thing-1-to-2", product="thing"),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("agree", "facts", "text"),
    [(7, 7, "100 %"), (999, 1000, "99.9 %"), (9999, 10000, "99.9 %"), (0, 3, "0 %"),
     (0, 0, "nothing to compare")],
)  # fmt: skip
def test_a_share_is_never_rounded_up(agree: int, facts: int, text: str) -> None:
    assert percent(agree, facts) == text


def test_the_page_has_each_section_with_its_differences(tmp_path: Path) -> None:
    page = Page(write_page(RUN, tmp_path).read_text("utf-8"))
    twin, other = (page.data(f"cell-{index}") for index in range(2))
    assert other["capture"] is None
    assert twin["capture"] == {
        "server": "web1",
        "share": "99.9 %",
        "sections": [
            {
                "name": "packages",
                "share": "99.9 %",
                "text": "999 of 1000 agree",
                "differences": ["a: 1 on the server, 2 ..."],
                "more": 0,
            },
            {
                "name": "units",
                "share": "100 %",
                "text": "7 of 7 agree",
                "differences": [],
                "more": 0,
            },
        ],
    }


def test_a_long_list_is_truncated_with_a_note() -> None:
    many = SectionFidelity(
        section="files", facts=500, agree=0, differences=tuple(map(str, range(500)))
    )
    found = sections(CaptureFidelity(server="web1", sections=(many,)))
    assert found is not None
    assert len(found["sections"][0]["differences"]) == SHOWN
    assert found["sections"][0]["more"] == 500 - SHOWN


def test_the_summary_has_a_line_for_each_twin() -> None:
    text = summary(RUN)
    assert "### Capture fidelity\n\n| cell | server | agrees |\n|---|---|---|\n" in text
    assert (
        "| p.web1-1-to-2 | web1 | packages: 99.9 %<br>units: 100 %<br>sysctl: nothing to compare |"
        in text
    )
    assert "Capture fidelity" not in summary(RUN.model_copy(update={"cells": RUN.cells[1:]}))
