"""A headless Chromium of the host, and the example page opened in it from its file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.unit.render.example import example_run, write_transcripts
from upgradeproof.render import write_page

CHROMIUM = Path("/usr/bin/chromium")
"""Debian's package; a browser of Playwright's own would have to be downloaded."""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Opened:
    """Hold a page, and the console messages, errors and requests that it must not have."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def go(self, fragment: str = "") -> None:
        self.page.goto("about:blank")
        self.page.goto(self.url + fragment)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    run = example_run()
    write_transcripts(folder, run)
    return write_page(run, folder)


@pytest.fixture
def opened(request: pytest.FixtureRequest, browser: Browser, report: Path) -> Iterator[Opened]:
    """Open the page, with the options of a ``browse`` parameter, and collect its complaints.

    At the end of every test there must be no console message, no error and no request except for
    files: a violation of the Content-Security-Policy is a console message.
    """
    options = getattr(request, "param", {})
    page = browser.new_page(**{"viewport": {"width": 1280, "height": 900}, **options})
    opened = Opened(page=page, url=report.as_uri())
    page.on("console", lambda message: opened.complaints.append(message.text))
    page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("file:", "about:", "data:"))
            else opened.complaints.append(request.url)
        ),
    )
    opened.go()
    yield opened
    page.close()
    assert opened.complaints == []
