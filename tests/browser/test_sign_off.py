"""The sign-off page in a real browser: it prints on two pages, and sends no request."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.unit.decision.examples import WAIVER, page_of, twenty_cells, write
from upgradeproof.decision.pdf import browser as installed
from upgradeproof.decision.pdf import print_pdf

PAPER = {"width": 703, "height": 1020}
"""A4 without the margins, at 96 points an inch."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    run = twenty_cells()
    old = run.model_copy(update={"run_id": "old"})
    return write(tmp_path / "sign-off.html", page_of(run, WAIVER, baseline=old))


def test_twenty_cells_are_two_pages_of_paper(path: Path) -> None:
    if installed() is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    content = print_pdf(path).read_bytes()
    assert content.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == 2


@pytest.mark.parametrize("media", ["screen", "print"])
def test_it_sends_no_request_and_is_no_wider_than_paper(
    browser: Browser, path: Path, media: str
) -> None:
    page = browser.new_page(viewport=PAPER)  # type: ignore[arg-type]  # a TypedDict of ints
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: complaints.append(request.url))
    page.goto(path.as_uri())
    page.emulate_media(media=media)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
    assert complaints == [path.as_uri()]
    page.close()
