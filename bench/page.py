"""From a journal to run.json to the page, for 10,000 cells of 100 checks; and pytest-html.

``UPGRADEPROOF_BENCH_CELLS`` sets another number of cells. pytest-html is measured with fewer
results, in one run of pytest without any work in its tests: with as many it takes hours. Ours is
measured with the same number then, too.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from playwright.sync_api import Page, sync_playwright

from bench.large_run import CHECKS, write_journal
from bench.result import Result
from upgradeproof.home import Home
from upgradeproof.render import write_page
from upgradeproof.results import Run, fold, read_journals

CELLS = int(os.environ.get("UPGRADEPROOF_BENCH_CELLS", "10000"))
COMPARED = 20
"""Cells whose results pytest-html gets."""
ROUNDS = 3
WRITTEN_S = 3.0
PAINT_S = 1.0
FILTER_S = 0.1
MEGABYTES = 8.0
CHROMIUM = "/usr/bin/chromium"
PRESS = """async (act) => {
  const began = performance.now();
  act === "verdict" ? document.querySelector("[data-value=failed]").click()
    : (search.value = act, search.dispatchEvent(new Event("input")));
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  return (performance.now() - began) / 1000;
}"""
"""Apply a filter, and return the seconds until its frame was drawn."""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
SUITE = """
import pytest

@pytest.mark.parametrize("subject", range({number}))
def test_what_must_hold_after_it(subject):
    assert subject % 2000 != 7, "lost listening ports: 2"
"""
T = TypeVar("T")


def measure(home: Home) -> Iterator[Result]:
    """Measure the pipeline, what a browser does with the page, and the alternative to it."""
    del home
    with TemporaryDirectory() as name:
        folder = Path(name)
        run = yield from _pipeline(folder)
        path = folder / "index.html"
        yield from _written(run, path)
        yield from _browsed(path)
        del run
        yield from _compared(folder)


def _pipeline(folder: Path) -> Generator[Result, None, Run]:
    journal = folder / "journal" / "main.jsonl"
    write_journal(journal, CELLS)
    run, folded = _timed(lambda: fold(read_journals([journal])))
    yield Result.seconds(f"fold the journal of {CELLS:,} cells x {CHECKS} checks", [folded])
    journal.unlink()
    text, written = _timed(lambda: run.model_dump_json(indent=1))
    yield Result.seconds(f"its run.json, {len(text) / 1e6:.0f} MB", [written])
    _, parsed = _timed(lambda: Run.model_validate_json(text))
    yield Result.seconds("read this run.json again", [parsed])
    return run


def _written(run: Run, path: Path) -> Iterator[Result]:
    samples = [_timed(lambda: write_page(run, path.parent))[1] for _ in range(ROUNDS)]
    yield Result.seconds(f"write the page of {CELLS:,} cells", samples, below=WRITTEN_S)
    megabytes = path.stat().st_size / 1e6
    files = list(path.with_name("index.files").glob("*"))
    details = sum(file.stat().st_size for file in files) / 1e6
    yield Result(
        name=f"size of this page; {len(files)} files with details have {details:.0f} MB",
        ours=f"{megabytes:.1f} MB",
        other="-",
        value=megabytes,
        unit="MB",
        target=f"< {MEGABYTES:g} MB",
        met=megabytes < MEGABYTES,
        samples={},
    )


def _browsed(path: Path) -> Iterator[Result]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        paints = []
        for _ in range(ROUNDS):
            page = browser.new_page(viewport={"width": 1300, "height": 900})
            page.goto(path.as_uri(), timeout=120_000)
            paints.append(float(page.evaluate(PAINT)))
        yield Result.seconds("first paint of this page", paints, below=PAINT_S)
        page.wait_for_timeout(1000)
        for name, act in (("a verdict", "verdict"), ("a search", "subject-7 system-3")):
            samples = [float(page.evaluate(PRESS, act)) for _ in range(2 * ROUNDS)]
            yield Result.seconds(f"filter by {name}", samples, below=FILTER_S)
        yield Result.seconds("open a cell from its file", [_opened(page)])
        browser.close()


def _opened(page: Page) -> float:
    began = time.perf_counter()
    page.evaluate("document.querySelectorAll('.matrix .face:not(.out)')[9].click()")
    page.locator("dialog .suite").first.wait_for()
    return time.perf_counter() - began


def _compared(folder: Path) -> Iterator[Result]:
    """Yield how long it takes from a run's end to a page, ours and pytest-html's."""
    journal = folder / "small" / "main.jsonl"
    write_journal(journal, COMPARED)
    ours = [
        _timed(lambda: write_page(fold(read_journals([journal])), folder / "small"))[1]
        for _ in range(ROUNDS)
    ]
    number = COMPARED * CHECKS
    (folder / "test_it.py").write_text(SUITE.format(number=number))
    without, theirs = ([_pytest(folder, html) for _ in range(ROUNDS)] for html in (False, True))
    added = [after - before for before, after in zip(without, theirs, strict=True)]
    yield Result.overhead(
        f"a page of {number:,} results, from the journal; pytest-html: what it adds to pytest",
        ("upgradeproof", ours),
        ("pytest-html", added),
    )
    size = (folder / "pytest.html").stat().st_size / (
        folder / "small" / "index.html"
    ).stat().st_size
    yield Result(
        name=f"size of a page of {number:,} results",
        ours=f"{(folder / 'small' / 'index.html').stat().st_size / 1e6:.2f} MB (upgradeproof)",
        other=f"{(folder / 'pytest.html').stat().st_size / 1e6:.2f} MB (pytest-html)",
        value=1 / size,
        unit="x the size",
        target="-",
        met=True,
        samples={},
    )


def _pytest(folder: Path, html: bool) -> float:
    plugin = [f"--html={folder / 'pytest.html'}", "--self-contained-html"] if html else []
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:upgradeproof", "-p", "no:cacheprovider"]
    argv += ["-c", os.devnull, f"--rootdir={folder}", *plugin, str(folder / "test_it.py")]

    def go() -> Any:
        return subprocess.run(argv, cwd=folder, capture_output=True, check=False)

    done, seconds = _timed(go)
    if done.returncode != 1:
        raise RuntimeError(f"pytest ended with {done.returncode}: {done.stdout.decode()[-500:]}")
    return seconds


def _timed(act: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    found = act()
    return found, time.perf_counter() - began
