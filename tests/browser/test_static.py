"""The form without scripts, served as Jenkins serves archived files."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opened
from tests.browser.test_page import CONTRAST
from tests.unit.render.example import example_run, write_transcripts
from tests.unit.render.test_page import hostile_run
from upgradeproof.render import every_format

POLICY = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


class Handler(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # its name in the base class
        pass


@pytest.fixture(scope="session")
def jenkins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the example's pages, and those of a hostile run, and yield the address."""
    folder = tmp_path_factory.mktemp("jenkins")
    run = example_run()
    write_transcripts(folder, run)
    every_format()["static"].write(run, folder)
    every_format()["static"].write(hostile_run(), folder / "hostile")
    (folder / "favicon.ico").touch()
    handler = functools.partial(Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def page(opened: Opened, jenkins: str) -> Iterator[Page]:
    opened.page.goto(f"{jenkins}static/index.html")
    yield opened.page
    opened.complaints[:] = [each for each in opened.complaints if not each.startswith(jenkins)]


def test_the_matrix_has_its_styles(opened: Opened, page: Page) -> None:
    failed = page.locator(".face.v-failed").first
    ground = failed.evaluate("(face) => getComputedStyle(face).backgroundColor")
    assert ground == "rgb(179, 38, 26)"
    assert page.locator("script").count() == 0
    assert page.locator("[style]").count() == 0


def test_a_cell_is_a_page_whose_failed_check_is_open(opened: Opened, page: Page) -> None:
    page.get_by_role("region", name="Matrix of lighthouse").locator(".v-failed").first.click()
    expect(page.locator(".check.v-failed").first).to_contain_text("No listening port is lost")
    expect(page.locator(".check.v-failed pre").first).to_be_visible()
    passed = page.locator(".suite", has_text="test_packages")
    expect(passed.locator(".check").first).to_be_hidden()
    passed.locator("summary").click()
    expect(passed.locator(".check").first).to_be_visible()
    page.get_by_role("link", name="All cells of the run").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Failed")


def test_a_step_leads_to_its_transcript(opened: Opened, page: Page) -> None:
    page.get_by_role("region", name="Matrix of lighthouse").locator(".v-failed").first.click()
    page.locator("summary", has_text="rolled back").first.click()
    page.get_by_role("link", name="transcript").locator("visible=true").first.click()
    assert "/transcripts/" in page.url


def test_hostile_text_is_text(opened: Opened, page: Page, jenkins: str) -> None:
    page.goto(f"{jenkins}hostile/static/index.html")
    page.locator(".face").first.click()
    expect(page.locator(".check").first).to_contain_text("<script>alert(1)</script>")
    assert page.locator("script, img").count() == 0


@pytest.mark.parametrize("opened", [PHONE], indirect=True, ids=["phone"])
@pytest.mark.parametrize("name", ["index", "cell-2"])
def test_a_phone_scrolls_in_one_direction(
    opened: Opened, page: Page, jenkins: str, name: str
) -> None:
    page.goto(f"{jenkins}static/{name}.html")
    scroll, inner = page.evaluate("() => [document.scrollingElement.scrollWidth, innerWidth]")
    assert scroll <= inner == 390


@pytest.mark.parametrize(
    "opened", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True, ids=str
)
@pytest.mark.parametrize("name", ["index", "cell-2"])
def test_every_text_has_enough_contrast(
    opened: Opened, page: Page, jenkins: str, name: str
) -> None:
    page.goto(f"{jenkins}static/{name}.html")
    assert page.evaluate(CONTRAST) == []
