from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from tests.unit.render import measured
from tests.unit.render.example import example_run, write_transcripts
from tests.unit.render.reading import Page
from upgradeproof.errors import HarnessError
from upgradeproof.render import Options, write_page
from upgradeproof.results import (
    Cell,
    Change,
    Check,
    Component,
    Finding,
    Release,
    Run,
    State,
    Step,
    Verdict,
)
from upgradeproof.results.load import StepMark

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u2028\"'&{{ 7*7 }}"


def hostile_measures() -> dict[str, object]:
    load, ratio, seen = measured.loads()[0], measured.ratios()[0], measured.availability()[0]
    down = seen.connections[0].downtimes[0].model_copy(update={"reason": HOSTILE, "step": HOSTILE})
    lane = seen.connections[0].model_copy(update={"downtimes": (down,)})
    hostile = {"load": HOSTILE, "state": HOSTILE}
    return {
        "loads": (
            load.model_copy(update=hostile | {"failures": {HOSTILE: 3}}),
            load.model_copy(update=hostile | {"problem": HOSTILE}),
        ),
        "ratios": (
            ratio.model_copy(update={"load": HOSTILE, "target": HOSTILE, "reason": HOSTILE}),
        ),
        "availability": (
            seen.model_copy(
                update={
                    "endpoint": HOSTILE,
                    "state": HOSTILE,
                    "connections": (lane,),
                    "steps": (StepMark(title=HOSTILE, began_s=1, ended_s=2),),
                }
            ),
            seen.model_copy(update={"endpoint": HOSTILE, "problem": HOSTILE}),
        ),
    }


def hostile_run(transcript: str = "") -> Run:
    step = Step(title=HOSTILE, started_at=HOSTILE, transcript=transcript, exit_status=1)
    change = Change(
        path=HOSTILE,
        before=HOSTILE,
        after=HOSTILE,
        expected=False,
        reason=HOSTILE,
        detail=HOSTILE,
    )
    finding = Finding(
        id=HOSTILE,
        severity="inhibitor",
        title=HOSTILE,
        meaning=HOSTILE,
        remedy=HOSTILE,
        code=HOSTILE,
        accepted=HOSTILE,
    )
    part = Component(
        name=HOSTILE, supported=HOSTILE, allowed=HOSTILE, consequence=HOSTILE, code=HOSTILE
    )
    state = State(
        name="upgraded",
        key=HOSTILE,
        verdict=Verdict.FAILED,
        reason=HOSTILE,
        started_at=HOSTILE,
        steps=(step,),
        changes=(change,),
        findings=(finding,),
        release=HOSTILE,
        components={HOSTILE: HOSTILE},
        facts=HOSTILE,
    )
    check = Check(id=HOSTILE, verdict=Verdict.FAILED, reason=HOSTILE, states=(HOSTILE,))
    cell = Cell(
        id=HOSTILE,
        platform=HOSTILE,
        upgrade=HOSTILE,
        product=HOSTILE,
        tags=(HOSTILE,),
        reason=HOSTILE,
        checks=(check,),
        states=(state,),
    )
    cell = cell.model_copy(update=hostile_measures())
    return Run(
        run_id=HOSTILE,
        started_at=HOSTILE,
        finished_at=HOSTILE,
        upgradeproof=HOSTILE,
        host={HOSTILE: HOSTILE},
        releases=(Release(product=HOSTILE, name=HOSTILE, components=(part,)),),
        cells=(cell,),
    )


def test_hostile_text_in_every_field_stays_text(tmp_path: Path) -> None:
    (tmp_path / "hostile.txt").write_text(HOSTILE, encoding="utf-8")
    calm = Page(write_page(example_run(), tmp_path).read_text(encoding="utf-8"))
    page = Page(write_page(hostile_run("hostile.txt"), tmp_path).read_text(encoding="utf-8"))

    assert page.count("script", type="module") == 1
    assert page.count("img") == 0
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in calm.tags}
    assert not [name for _, found in page.tags for name in found if name.startswith("on")]
    assert page.data("transcript-0") == HOSTILE
    (diff,) = page.data("changes-0")
    assert (diff["against"], diff["state"]) == ("installed", "upgraded")
    assert diff["lines"] == [[HOSTILE, HOSTILE, HOSTILE, None, HOSTILE]]
    assert page.data("cell-0")["suites"][0]["checks"][0]["id"] == HOSTILE


def test_no_data_block_contains_its_end_tag(tmp_path: Path) -> None:
    (tmp_path / "hostile.txt").write_text(HOSTILE, encoding="utf-8")
    page = Page(write_page(hostile_run("hostile.txt"), tmp_path).read_text(encoding="utf-8"))
    blocks = [text for name, text in page.scripts.items() if name[-1].isdigit() or name == "index"]
    assert len(blocks) == 4
    assert not [block for block in blocks for bad in "<>&\u2028\u2029" if bad in block]


def test_a_link_from_a_machine_stays_in_the_report(tmp_path: Path) -> None:
    run = hostile_run("javascript:alert(1)")
    page = Page(write_page(run, tmp_path).read_text(encoding="utf-8"))
    step = page.data("cell-0")["states"][0]["steps"][0]
    assert step["href"] == ""
    assert step["note"] == "The transcript javascript:alert(1) is missing from the report's folder."


def test_the_policy_allows_inline_code_only_by_its_hash(page: str) -> None:
    parsed = Page(page)
    policy = next(
        found["content"] or ""
        for tag, found in parsed.tags
        if tag == "meta" and found.get("http-equiv") == "Content-Security-Policy"
    )
    digest = hashlib.sha256(parsed.scripts["module"].encode()).digest()
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{base64.b64encode(digest).decode()}' 'strict-dynamic';" in policy
    assert "unsafe" not in policy
    assert not [found for _, found in parsed.tags if "style" in found]


def test_the_table_has_the_verdicts_without_any_script(page: str) -> None:
    words = Page(page).text("span")
    for word in ("failed", "broken", "never ran", "passed", "not applicable"):
        assert word in words


def test_rows_and_columns_have_their_scope(page: str) -> None:
    parsed = Page(page)
    assert parsed.count("th", scope="row", role="rowheader") == 5 + 5 + 1
    assert parsed.count("th", scope="col", role="columnheader") == 4
    assert parsed.count("section", **{"class": "product"}) == 3


def test_the_verdict_is_the_heading(page: str) -> None:
    assert Page(page).text("h1") == ["Failed"]


def test_a_downtime_that_the_prober_may_have_caused_is_marked(page: str) -> None:
    assert page.count("connection reset; the prober itself did not run all the time") == 1


def test_a_killed_run_is_marked(run: Run, tmp_path: Path) -> None:
    killed = run.model_copy(update={"finished_at": None})
    page = Page(write_page(killed, tmp_path).read_text(encoding="utf-8"))
    assert page.text("h1") == ["Failed, and cut off"]
    assert "This run was cut off before it ended." in page.text("p")
    assert "cut off: unknown" in page.text("dd")


def test_an_unselected_cell_is_marked(page: str) -> None:
    parsed = Page(page)
    assert parsed.count("a", **{"class": "face unselected machine"}) == 2
    assert "2 cells not selected" in parsed.text("summary")


def test_a_run_without_cells_has_a_page(tmp_path: Path) -> None:
    empty = Run(run_id="r", started_at="", finished_at="", upgradeproof="0.1.0")
    page = Page(write_page(empty, tmp_path).read_text(encoding="utf-8"))
    assert page.text("h1") == ["Never ran"]
    assert "No cell was selected: this run proves nothing." in page.text("p")


def test_a_template_of_the_project_replaces_the_default_one(run: Run, tmp_path: Path) -> None:
    ours = tmp_path / "templates"
    ours.mkdir()
    (ours / "page.html.j2").write_text(
        '{% extends "upgradeproof/page.html.j2" %}{% block footer %}<p>Acme, Ltd.</p>{% endblock %}'
    )
    (ours / "theme.css").write_text(":root { --paper: papayawhip; }")
    text = write_page(run, tmp_path, options=Options(templates=ours)).read_text(encoding="utf-8")
    assert "Acme, Ltd." in Page(text).text("p")
    assert "papayawhip" in text
    assert 'class="legend"' not in text


def test_a_wrong_template_is_one_clear_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "page.html.j2").write_text("{{ no_such_thing }}")
    with pytest.raises(HarnessError) as raised:
        write_page(run, tmp_path, options=Options(templates=tmp_path))
    assert str(raised.value) == (
        "the templates of the page can't be rendered\n"
        "UndefinedError: 'no_such_thing' is undefined\n"
        f"To do: fix the templates in {tmp_path}, or remove them to use the default ones"
    )


def test_a_folder_that_is_a_file_is_one_clear_error(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.write_text("")
    with pytest.raises(HarnessError) as raised:
        write_page(run, folder)
    assert str(raised.value) == (
        f"the report {folder}/index.html can't be written: File exists\n"
        "To do: make its folder writable, or free space; then run `upgradeproof report`"
    )


def test_a_long_repeated_reason_is_written_once(run: Run, tmp_path: Path) -> None:
    write_transcripts(tmp_path, run)
    page = Page(write_page(run, tmp_path).read_text(encoding="utf-8"))
    index = next(i for i, cell in enumerate(run.cells) if cell.verdict is Verdict.BROKEN)
    block = page.data(f"cell-{index}")
    assert block["stops"] == []
    first, *others = [
        check
        for suite in block["suites"]
        for check in suite["checks"]
        if check["verdict"] == "broken"
    ]
    assert first["reason"].startswith("the shell on debian-12-arm64.vm died")
    assert {(check["same"], check["reason"]) for check in others} == {(first["sentence"], "")}
