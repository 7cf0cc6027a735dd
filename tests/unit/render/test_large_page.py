from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.render.example import example_run
from tests.unit.render.large import FAILED, LOST, NO_KERNEL, hostile_large_run, large_run
from tests.unit.render.reading import Page
from tests.unit.render.test_page import HOSTILE
from upgradeproof.errors import HarnessError
from upgradeproof.render import write_page
from upgradeproof.render.cell_files import fits_one_file

CALL = "upgradeproofCell("


def calls(path: Path) -> dict[int, Any]:
    """Read a file of details as a browser would: a call on each line, with JSON in a string."""
    found = {}
    for line in path.read_text(encoding="ascii").splitlines():
        assert line.startswith(CALL)
        assert line.endswith("');")
        number, _, text = line.removeprefix(CALL).removesuffix("');").partition(",'")
        unescaped = text.replace("\\'", "'").replace("\\\\", "\\")
        assert "'" not in text.replace("\\'", "")
        found[int(number)] = json.loads(unescaped)
    return found


def test_a_small_run_is_one_file(tmp_path: Path) -> None:
    write_page(example_run(), tmp_path)
    assert fits_one_file(example_run())
    assert not fits_one_file(large_run())
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]


def test_the_details_of_a_large_run_are_in_files(tmp_path: Path) -> None:
    page = Page(write_page(large_run(), tmp_path).read_text(encoding="utf-8"))
    index = page.data("index")
    assert "cell-0" not in page.scripts
    assert (index["files"], index["starts"][0]) == ("index.files", 0)
    files = [tmp_path / "index.files" / f"cells-{n}.js" for n in range(len(index["starts"]))]
    assert sorted((tmp_path / "index.files").iterdir()) == sorted(files)
    found = [calls(path) for path in files]
    assert [min(each) for each in found] == index["starts"]
    assert sorted(number for each in found for number in each) == list(range(300))
    cell = found[0][0]["cell"]
    assert cell["id"] == FAILED
    assert [check["reason"] for suite in cell["suites"] for check in suite["checks"]] == [LOST]
    assert cell["quiet"] == {"ms": [250, 61000, None], "reasons": [NO_KERNEL], "why": [[2, 0]]}


def test_the_index_has_what_cells_share_once(tmp_path: Path) -> None:
    index = Page(write_page(large_run(), tmp_path).read_text(encoding="utf-8")).data("index")
    assert index["names"] == [
        ["test_ports::test_no_port_is_lost", "No port is lost", ""],
        ["test_ports::test_port_answers[80]", "Port answers", "80"],
        ["test_kernel::test_a", "A", ""],
    ]
    assert (index["lists"], index["reasons"]) == ([[0, 1, 2]], [LOST])
    assert index["cells"][0] == [0, 0, 0, 0, "fpn", [0], "f"]
    assert index["cells"][-1] == [0, 29, 0, 0, "ppn", [], "p"]


def test_the_page_states_which_form_it_has(tmp_path: Path) -> None:
    large = write_page(large_run(), tmp_path).read_text(encoding="utf-8")
    assert "The details of the cells are in the folder" in large
    small = write_page(example_run(), tmp_path).read_text(encoding="utf-8")
    assert "This page is one file: it contains the details of all cells." in small


def test_files_of_an_earlier_page_are_removed_and_no_others(tmp_path: Path) -> None:
    write_page(large_run(), tmp_path)
    own = tmp_path / "index.files" / "notes.txt"
    own.touch()
    write_page(example_run(), tmp_path)
    assert list((tmp_path / "index.files").iterdir()) == [own]
    own.unlink()
    write_page(example_run(), tmp_path)
    assert not (tmp_path / "index.files").exists()


def test_hostile_text_does_not_end_the_string_that_holds_it(tmp_path: Path) -> None:
    write_page(hostile_large_run(), tmp_path)
    found = calls(tmp_path / "index.files" / "cells-0.js")[0]
    assert found["cell"]["id"] == HOSTILE
    assert found["changes"][0]["lines"][0][0] == HOSTILE
    speed = Page(found["speed"])
    assert speed.count("script") == speed.count("img") == 0


def test_a_folder_that_can_not_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "index.files").touch()
    with pytest.raises(HarnessError) as raised:
        write_page(large_run(), tmp_path)
    assert str(raised.value) == (
        f"the report {tmp_path}/index.files can't be written: File exists\n"
        "To do: make its folder writable, or free space; then run `upgradeproof report`"
    )


def test_a_transcript_is_a_link_unless_its_step_failed(tmp_path: Path) -> None:
    (tmp_path / "transcripts").mkdir()
    for name in ("0-0", "0-1"):
        (tmp_path / "transcripts" / f"{name}.txt").write_text(f"output of {name}")
    run = large_run()
    cells = list(run.cells)
    state = cells[0].states[0]
    step = state.steps[0].model_copy(update={"exit_status": 3})
    failed = state.model_copy(update={"steps": (step,)})
    cells[0] = cells[0].model_copy(update={"states": (failed,)})
    write_page(run.model_copy(update={"cells": tuple(cells)}), tmp_path)
    found = calls(tmp_path / "index.files" / "cells-0.js")
    assert found[0]["transcripts"] == ["output of 0-0"]
    assert found[1]["transcripts"] == []
    step = found[1]["cell"]["states"][0]["steps"][0]
    assert (step["transcript"], step["href"]) == (None, "./transcripts/0-1.txt")
