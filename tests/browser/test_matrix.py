"""The matrices of the products: what is visible, what is folded, and the filters."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opened
from tests.browser.test_page import shown
from tests.unit.render.example import example_run
from upgradeproof.render import write_page


@pytest.mark.parametrize(
    "opened", [{"viewport": {"width": 1300, "height": 900}}], indirect=True, ids=["1300x900"]
)
def test_all_verdicts_of_a_short_run_are_in_one_window(opened: Opened, tmp_path: Path) -> None:
    """One platform of each product is selected, as in the main job of this repository."""
    run = example_run()
    cells = tuple(
        cell.model_copy(update={"selected": cell.platform.startswith("debian-11")})
        for cell in run.cells
    )
    opened.url = write_page(run.model_copy(update={"cells": cells}), tmp_path).as_uri()
    opened.go()
    verdicts = opened.page.locator(".matrix .face")
    assert verdicts.count() == 4
    for face in verdicts.all():
        box = face.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 1300
        assert box["y"] + box["height"] <= 900


def test_cells_that_were_not_selected_are_folded(opened: Opened) -> None:
    section = opened.page.get_by_role("region", name="operating-system", exact=True)
    folded = section.locator(".folded")
    expect(folded.locator(".face").first).to_be_hidden()
    folded.get_by_text("2 cells not selected").click()
    folded.locator(".face").first.click()
    expect(opened.page.locator("dialog")).to_contain_text("This run did not select this cell.")


def test_a_product_and_a_platform_filter(opened: Opened) -> None:
    opened.page.get_by_label("Show cells of one product").select_option("lighthouse")
    assert shown(opened) == 10
    expect(opened.page.get_by_role("region", name="edge-stack", exact=True)).to_be_hidden()
    opened.page.get_by_label("Show cells of one platform").select_option("debian-12-arm64.vm")
    assert shown(opened) == 2
    assert opened.page.url.endswith("#product=lighthouse&platform=debian-12-arm64.vm")
    opened.page.get_by_role("button", name="Show all").click()
    assert shown(opened) == 18


def test_a_check_filters_and_a_verdict_then_is_that_of_the_check(opened: Opened) -> None:
    opened.page.get_by_label("Show cells that have a check").fill("listening_port")
    assert shown(opened) == 16
    opened.page.get_by_role("button", name="failed 4").click()
    assert shown(opened) == 3
    opened.page.get_by_label("Show cells that have a check").fill("test_ports::test_no_such")
    assert shown(opened) == 0


def test_the_overview_leads_to_the_cells_of_a_product_and_a_platform(opened: Opened) -> None:
    overview = opened.page.locator(".overview")
    overview.locator("summary").click()
    row = overview.get_by_role("row", name="debian-12-arm64.vm")
    assert row.locator("td").all_text_contents() == ["0", "1", "1", "1", "0"]
    row.get_by_role("link").click()
    assert shown(opened) == 4
    assert opened.page.url.endswith("#platform=debian-12-arm64.vm")
