"""The page of a run too large for one file: the details of its cells are in files next to it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opened
from tests.browser.test_page import CONTRAST
from tests.unit.render.large import FAILED, hostile_large_run, large_run
from upgradeproof.render import write_page

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
in_both_schemes = pytest.mark.parametrize(
    "opened", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True, ids=str
)


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(large_run(), tmp_path_factory.mktemp("large"))


@pytest.fixture
def page(opened: Opened, large: Path) -> Page:
    opened.url = large.as_uri()
    opened.go()
    return opened.page


def test_a_cell_opens_from_its_file(opened: Opened, page: Page) -> None:
    opened.go(f"#cell={FAILED}")
    first = page.locator(".check").first
    expect(first).to_contain_text("No port is lost")
    expect(first.locator("pre")).to_contain_text("port 80")
    suite = page.locator(".suite", has_text="test_ports")
    expect(suite.locator("summary").first).to_contain_text("1 failed, 1 passed")
    kernel = page.locator(".suite", has_text="test_kernel")
    kernel.locator("summary").click()
    expect(kernel).to_contain_text("the kernel is the host's")


def test_a_cell_of_the_last_file_opens(opened: Opened, page: Page) -> None:
    page.locator(".matrix .face").last.click()
    expect(page.locator("dialog .check").first).to_be_attached()


def test_filters_know_the_checks_of_all_cells(opened: Opened, page: Page) -> None:
    opened.go("#verdict=failed")
    assert page.locator(".face:not(.out)").count() == 10
    opened.go("#check=test_ports::test_no_port_is_lost&verdict=passed")
    assert page.locator(".face:not(.out)").count() == 290
    opened.go("#q=lost:")
    assert page.locator(".face:not(.out)").count() == 10


def test_a_folder_that_is_missing_is_reported(opened: Opened, large: Path, tmp_path: Path) -> None:
    alone = shutil.copy(large, tmp_path)
    opened.url = Path(alone).as_uri()
    opened.go(f"#cell={FAILED}")
    expect(opened.page.locator("dialog .note")).to_have_text(
        "index.files/cells-0.js is not next to this page, or can't be read."
    )
    opened.complaints.clear()  # the browser reports the missing file, too


def test_a_folder_of_another_run_is_reported(opened: Opened, large: Path, tmp_path: Path) -> None:
    shutil.copy(large, tmp_path)
    shutil.copytree(large.with_name("index.files"), tmp_path / "index.files")
    file = tmp_path / "index.files" / "cells-0.js"
    file.write_text(file.read_text().replace('"id":"p-', '"id":"q-'))
    opened.url = (tmp_path / "index.html").as_uri()
    opened.go(f"#cell={FAILED}")
    expect(opened.page.locator("dialog .note")).to_have_text(
        "The file of this cell belongs to another run."
    )


def test_no_text_of_a_machine_runs(opened: Opened, tmp_path: Path) -> None:
    path = write_page(hostile_large_run(), tmp_path)
    alerts: list[str] = []
    opened.page.on("dialog", lambda dialog: alerts.append(dialog.message))
    opened.url = path.as_uri()
    opened.go()
    opened.page.locator(".matrix .face.v-failed").first.click()
    expect(opened.page.locator("dialog .check").first).to_be_visible()
    for summary in opened.page.locator("dialog summary").all():
        summary.click()
    assert opened.page.locator("img").count() == 0
    assert alerts == []


@pytest.mark.parametrize("opened", [PHONE], indirect=True, ids=["phone"])
def test_a_phone_scrolls_in_one_direction(opened: Opened, page: Page) -> None:
    widths = "() => [document.scrollingElement.scrollWidth, innerWidth]"
    scroll, inner = page.evaluate(widths)
    assert scroll <= inner == 390


@in_both_schemes
def test_every_text_has_enough_contrast(opened: Opened, page: Page) -> None:
    assert page.evaluate(CONTRAST) == []
