"""The sign-off page: its content, and that no output of a machine becomes markup."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.unit.decision.examples import EXPIRED, SIGNERS, WAIVER, page_of, twenty_cells
from tests.unit.decision.runs import CELL, cell, check, failed, run
from tests.unit.render.example import example_run
from upgradeproof.decision.pdf import PROGRAMS, print_pdf
from upgradeproof.errors import ProgramError
from upgradeproof.results import State as StateOf
from upgradeproof.results import Verdict

HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m"


class Reader(HTMLParser):
    """Collect tags and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def test_a_go_states_what_was_accepted_and_what_changed() -> None:
    run_ = twenty_cells()
    old = run_.model_copy(update={"run_id": "old", "started_at": "2026-03-01T00:00:00+00:00"})
    text = Reader(page_of(run_, WAIVER, EXPIRED, baseline=old)).text
    for expected in (
        "GO Release sign-off: edge-stack 2023.3 → 2023.4; lighthouse 1.2.7 → 1.2.8",
        "Every rule of the policy holds. The release may ship.",
        "20 of 20 required cells fulfil the policy, with 1 waiver.",
        "Result of the run passed with waivers",
        "2026-03-22, 10 days left",
        "expired on 2026-03-09",
        "Run old: 12 waived.",
        "on a machine with a kernel of its own: 5 of 20",
        "48 checks not applicable: the kernel is the host's: a container can't prove it",
        (
            "pytest --upgradeproof-fresh "
            "--upgradeproof-cell=debian-11-amd64.container.lighthouse-1.2.7-to-1.2.8"
        ),
        *SIGNERS,
        "upgradeproof verify DIR --signers allowed_signers",
    ):
        assert expected in text


def test_a_no_go_groups_equal_reasons_and_names_what_never_ran() -> None:
    text = Reader(page_of(example_run())).text
    for expected in (
        "NO-GO",
        "The release must not ship.",
        "Why NO-GO",
        "debian-11-amd64.container.lighthouse-1.2.8-to-1.3.0, debian-12-amd64.container",
        "Why the run does not prove enough",
        "2 cells of the plans did not run, 0 of them optional",
        "None: no failure is accepted.",
        "No baseline was named",
    ):
        assert expected in text


def test_a_cell_that_passed_and_does_not_fulfil_the_policy_has_a_remark() -> None:
    assert "passed policy not met" in Reader(page_of(run(cell(check("a"), checks_declared=2)))).text


def test_a_run_without_a_cell_has_a_page() -> None:
    text = Reader(page_of(run(cell(selected=False)))).text
    assert "no cell ran" in text


def test_no_output_of_a_machine_becomes_markup() -> None:
    made = run(
        cell(
            failed(f"ports::{HOSTILE}", HOSTILE),
            check("b", Verdict.NEVER_RAN, HOSTILE),
            name=f"{CELL}{HOSTILE}",
            product=HOSTILE,
        ),
        run_id=HOSTILE,
    )
    text = page_of(made)
    found = Reader(text)
    assert not {"script", "img"} & set(found.tags)
    assert "alert(1)" in found.text
    assert "\x1b" not in text


def test_the_page_loads_no_resource_and_runs_no_script() -> None:
    text = html.unescape(page_of(twenty_cells(), WAIVER))
    assert "default-src 'none'; style-src 'sha256-" in text
    assert not re.search(r"(src|href)=", text)


def test_the_page_depends_on_its_inputs_alone() -> None:
    assert page_of(twenty_cells(), WAIVER) == page_of(twenty_cells(), WAIVER)


def test_without_chromium_a_pdf_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert PROGRAMS[0] == "chromium"
    with pytest.raises(ProgramError, match="no Chromium is installed"):
        print_pdf(tmp_path / "sign-off.html")


def test_a_cell_with_a_reused_state_is_not_from_this_run() -> None:
    built = StateOf(name="installed", verdict=Verdict.PASSED)
    reused = built.model_copy(update={"reused": True})
    cells = (
        cell(check("packages::new"), states=(built,)),
        cell(check("packages::new"), name=f"{CELL}0", states=(built, reused)),
    )
    assert "from states that this run built: 1 of 2" in Reader(page_of(run(*cells))).text
