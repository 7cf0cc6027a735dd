"""The matrix page in a real browser: what a user does with it, and what the page must never do."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Opened
from tests.unit.render.test_page import hostile_run
from upgradeproof.render import write_page

FAILED = "debian-12-amd64.container.lighthouse-1.2.8-to-1.3.0"
BROKEN = "debian-12-arm64.vm.lighthouse-1.2.8-to-1.3.0"
DISTRIBUTION = "debian-11-amd64.container.operating-system-11-to-12"
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")
MISPLACED = Path(__file__).with_name("misplaced.js").read_text(encoding="utf-8")

on_a_phone = pytest.mark.parametrize("opened", [PHONE], indirect=True, ids=["phone"])
in_both_schemes = pytest.mark.parametrize(
    "opened", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True, ids=str
)


def shown(opened: Opened) -> int:
    return opened.page.locator(".face:not(.out)").count()


def test_the_page_opens_from_its_file_without_the_network(opened: Opened) -> None:
    expect(opened.page.get_by_role("heading", level=1)).to_have_text("Failed")
    assert shown(opened) == 18


def test_a_verdict_filters_and_the_link_keeps_it(opened: Opened) -> None:
    opened.page.get_by_role("button", name="broken 1").click()
    assert shown(opened) == 1
    assert opened.page.url.endswith("#verdict=broken")
    expect(opened.page.locator("#shown")).to_have_text("1 of 18 cells")
    opened.page.get_by_role("button", name="failed 4").click()
    assert shown(opened) == 5
    opened.page.get_by_role("button", name="Show all").click()
    assert shown(opened) == 18


def test_a_verdict_filter_leaves_unselected_cells_out(opened: Opened) -> None:
    opened.page.get_by_role("button", name="never ran 1").click()
    assert shown(opened) == 1


def test_a_tag_filters(opened: Opened) -> None:
    opened.page.get_by_role("button", name="smoke", exact=True).click()
    assert shown(opened) == 5


@pytest.mark.parametrize(
    ("query", "cells"),
    [("debian-11-amd64", 4), ("lighthouse.conf", 16), ("OUT OF MEMORY", 1), ("no such", 0)],
)
def test_a_search_reads_cells_checks_and_reasons(opened: Opened, query: str, cells: int) -> None:
    opened.page.keyboard.press("/")
    opened.page.keyboard.type(query)
    expect(opened.page.locator("#shown")).to_have_text(f"{cells} of 18 cells")
    assert shown(opened) == cells
    expect(opened.page.locator("#nothing")).to_be_visible(visible=not cells)


def test_a_shared_link_brings_back_filters_and_the_open_cell(opened: Opened) -> None:
    opened.go(f"#verdict=failed&q=9100&cell={FAILED}")
    expect(opened.page.locator("dialog")).to_be_visible()
    assert shown(opened) == 4
    assert opened.page.locator("#search").input_value() == "9100"


def test_enter_opens_a_cell_and_escape_returns_the_focus(opened: Opened) -> None:
    face = opened.page.locator(".face.v-failed").first
    face.focus()
    opened.page.keyboard.press("Enter")
    expect(opened.page.locator("#cell-title")).to_be_focused()
    assert "#cell=" in opened.page.url
    opened.page.keyboard.press("Escape")
    expect(opened.page.locator("dialog")).to_be_hidden()
    expect(face).to_be_focused()
    assert "cell=" not in opened.page.url


def test_back_closes_a_cell(opened: Opened) -> None:
    opened.page.locator(".face").first.click()
    expect(opened.page.locator("dialog")).to_be_visible()
    opened.page.go_back()
    expect(opened.page.locator("dialog")).to_be_hidden()


def test_the_next_cell_is_one_press_away(opened: Opened) -> None:
    opened.go(f"#verdict=failed&cell={FAILED}")
    opened.page.get_by_role("button", name="Next cell").click()
    expect(opened.page.locator("#cell-title")).to_contain_text("ubuntu-24.04-amd64.vm")
    opened.page.get_by_role("button", name="Next cell").click()
    expect(opened.page.locator("#cell-title")).to_contain_text("operating-system")
    expect(opened.page.get_by_role("button", name="Next cell")).to_be_disabled()


def test_arrow_keys_walk_the_matrix(opened: Opened) -> None:
    faces = opened.page.get_by_role("region", name="Matrix of lighthouse").locator(".face")
    faces.first.focus()
    opened.page.keyboard.press("ArrowRight")
    expect(faces.nth(1)).to_be_focused()
    opened.page.keyboard.press("ArrowDown")
    expect(faces.nth(3)).to_be_focused()
    opened.page.keyboard.press("ArrowUp")
    opened.page.keyboard.press("ArrowLeft")
    expect(faces.first).to_be_focused()


def test_a_failed_check_is_first_with_its_reason(opened: Opened) -> None:
    opened.go(f"#cell={FAILED}")
    first = opened.page.locator(".check").first
    expect(first).to_contain_text("No listening port is lost")
    expect(first.locator("pre")).to_contain_text("address already in use")
    expect(opened.page.locator(".proofs")).to_contain_text("kernel, modules or boot can")


def test_a_step_opens_to_its_transcript(opened: Opened) -> None:
    opened.go(f"#cell={DISTRIBUTION}")
    step = opened.page.locator(".step", has_text="full-upgrade")
    step.locator("summary").click()
    expect(step.locator(".note")).to_contain_text("are left out here")
    expect(step.locator("pre")).to_contain_text("Processing triggers for libc-bin")
    assert "\x1b" not in (step.locator("pre").text_content() or "")


def test_a_missing_transcript_is_reported(opened: Opened) -> None:
    opened.go(f"#cell={BROKEN}")
    step = opened.page.locator(".step", has_text="full-upgrade")
    expect(step).to_contain_text("never ended")
    step.locator("summary").click()
    expect(step.locator(".note")).to_contain_text("is missing from the report's folder")


def test_regressions_are_visible_and_expected_changes_folded(opened: Opened) -> None:
    opened.go(f"#cell={DISTRIBUTION}")
    expect(opened.page.locator(".regressions")).to_contain_text("nginx.conf")
    folded = opened.page.locator(".expected")
    assert folded.count() == 2
    assert opened.page.locator(".expected table").count() == 0
    folded.first.locator("summary").click()
    expect(folded.first.locator("tbody tr")).to_have_count(470)
    assert opened.page.locator(".origin h4").all_text_contents() == [
        "expected by the plan: 470 changes",
        "known for Debian 12 -> 13: 30 changes",
    ]


def test_a_diff_filters(opened: Opened) -> None:
    opened.go(f"#cell={DISTRIBUTION}")
    opened.page.get_by_role("searchbox", name="Filter changes").fill("lib007")
    expect(opened.page.locator(".expected tbody tr")).to_have_count(1)
    expect(opened.page.locator(".regressions")).to_have_count(0)


def test_a_text_file_that_changed_shows_its_unified_diff(opened: Opened) -> None:
    opened.go(f"#cell={DISTRIBUTION}")
    text = opened.page.locator(".regressions .text-diff pre")
    expect(text).to_be_visible()
    expect(text.locator(".before")).to_have_text("-worker_connections 1024;\n")
    expect(text.locator(".after")).to_have_text("+worker_connections 768;\n")
    expect(text.locator(".quiet").last).to_have_text(" <b>\n")


def test_a_finding_leads_to_its_cells(opened: Opened) -> None:
    finding = opened.page.locator(".causes li", has_text="No listening port is lost").first
    finding.locator("summary").click()
    finding.get_by_role("link").first.click()
    expect(opened.page.locator("dialog")).to_be_visible()


def test_the_page_runs_no_script_of_a_machine(
    opened: Opened, browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "hostile.txt").write_text("</script><script>alert(3)</script>", encoding="utf-8")
    url = write_page(hostile_run("hostile.txt"), tmp_path).as_uri()
    alerts: list[str] = []
    opened.page.on("dialog", lambda dialog: alerts.append(dialog.message))
    opened.page.goto(url)
    opened.page.locator(".face").click()
    expect(opened.page.locator("dialog")).to_be_visible()
    for summary in opened.page.locator("dialog summary").all():
        summary.click()
    assert opened.page.locator("img").count() == 0
    assert alerts == []


@on_a_phone
@pytest.mark.parametrize("fragment", ["", f"#cell={FAILED}", f"#cell={DISTRIBUTION}"])
def test_a_phone_scrolls_in_one_direction(opened: Opened, fragment: str) -> None:
    opened.go(fragment)
    widths = "() => [document.scrollingElement.scrollWidth, innerWidth]"
    scroll, inner = opened.page.evaluate(widths)
    assert scroll <= inner == 360
    if fragment:
        dialog = opened.page.locator("dialog")
        assert dialog.evaluate("(sheet) => sheet.scrollWidth - sheet.clientWidth") <= 0


@on_a_phone
def test_a_phone_names_the_upgrade_in_every_cell(opened: Opened) -> None:
    expect(opened.page.locator(".face .where").first).to_be_visible()
    expect(opened.page.locator(".matrix thead").first).to_be_hidden()


@in_both_schemes
@pytest.mark.parametrize("fragment", ["", f"#cell={FAILED}", f"#cell={BROKEN}", "#verdict=failed"])
def test_every_text_has_enough_contrast(opened: Opened, fragment: str) -> None:
    opened.go(fragment)
    assert opened.page.evaluate(CONTRAST) == []


@in_both_schemes
def test_paper_is_white(opened: Opened) -> None:
    opened.page.emulate_media(media="print")
    ground = opened.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == "rgb(255, 255, 255)"


def test_paper_shows_every_cell_and_the_record_of_what_failed(opened: Opened) -> None:
    opened.go("#verdict=broken&q=nothing")
    opened.page.emulate_media(media="print")
    for row in opened.page.locator(".matrix tbody tr").all():
        expect(row).to_be_visible()
    expect(opened.page.locator(".record article")).to_have_count(6)
    expect(opened.page.locator(".record article").first).to_be_visible()
    expect(opened.page.locator("#controls")).to_be_hidden()


def test_without_scripts_the_verdicts_and_the_record_are_there(
    browser: Browser, report: Path
) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(report.as_uri())
    expect(page.locator(".face.v-failed").first).to_be_visible()
    expect(page.locator(".record article").first).to_be_visible()
    expect(page.locator("#controls")).to_be_hidden()
    page.locator(".face.v-failed").first.click()
    assert page.url.endswith("#cell=debian-11-amd64.container.lighthouse-1.2.8-to-1.3.0")
    page.close()


@in_both_schemes
def test_pictures_have_the_text_colour_of_the_page_and_no_background(opened: Opened) -> None:
    opened.go(f"#cell={FAILED}")
    pictures = opened.page.locator("dialog svg.picture")
    expect(pictures).to_have_count(3)
    ink = opened.page.locator("dialog").evaluate("(sheet) => getComputedStyle(sheet).color")
    for text in ("installed", "apt-get update", "step 4", "down, kept", "99.9 %"):
        shown = pictures.locator("text", has_text=text).first
        expect(shown).to_be_visible()
        assert shown.evaluate("(text) => getComputedStyle(text).fill") == ink
    grounds = "(all) => all.map((svg) => getComputedStyle(svg).backgroundColor)"
    assert set(pictures.evaluate_all(grounds)) == {"rgba(0, 0, 0, 0)"}


@pytest.mark.parametrize(
    "opened",
    [{"viewport": {"width": width, "height": 900}} for width in (1200, 800)],
    indirect=True,
    ids=["1200", "800"],
)
def test_no_text_of_a_picture_is_cut_off_or_overlaps_another(opened: Opened) -> None:
    opened.go(f"#cell={FAILED}")
    for picture in opened.page.locator("dialog svg.picture").all():
        assert picture.evaluate(MISPLACED) == []


def test_pictures_and_tables_have_names_for_screen_readers(opened: Opened) -> None:
    opened.go(f"#cell={FAILED}")
    dialog = opened.page.get_by_role("dialog")
    expect(
        dialog.get_by_role("img", name="under the load visitors. installed: 50 %")
    ).to_be_visible()
    expect(dialog.get_by_role("img", name="Latency of requests to site over time")).to_be_visible()
    expect(dialog.get_by_role("table", name="Downtimes of site")).to_contain_text("3.15 s")
    expect(dialog.get_by_role("table", name="Availability of site")).to_contain_text("94.017 %")


def test_the_health_index_opens_to_its_formula(opened: Opened) -> None:
    opened.go(f"#cell={FAILED}")
    health = opened.page.locator("dialog .health")
    expect(health).to_contain_text("Health index: 65 of 100, from 90 % of what counts.")
    health.locator("summary").click()
    expect(health.get_by_role("row", name="latency 30 0.58")).to_be_visible()
