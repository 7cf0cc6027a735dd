from __future__ import annotations

from pathlib import Path

from tests.unit.render.example import example_run
from tests.unit.render.test_page import HOSTILE, hostile_run
from upgradeproof.render import write_summary
from upgradeproof.render.formats.markdown import LIMIT, escape, fenced, summary
from upgradeproof.results import Cell, Check, Run, Verdict

LOST = "assert lost == ()\n  lost listening ports: 1"


def small_run() -> Run:
    def cell(platform: str, upgrade: str, *checks: Check, selected: bool = True) -> Cell:
        return Cell(
            id=f"{platform}.{upgrade}",
            platform=platform,
            upgrade=upgrade,
            product="thing",
            selected=selected,
            checks=checks,
        )

    passed = Check(id="test_ports::test_every_port_answers", verdict=Verdict.PASSED)
    failed = Check(
        id="test_ports::test_no_listening_port_is_lost", verdict=Verdict.FAILED, reason=LOST
    )
    return Run(
        run_id="rc_2",
        started_at="2026-03-12T09:14:02+00:00",
        finished_at="2026-03-12T10:02:47+00:00",
        upgradeproof="0.1.0",
        fresh=True,
        host={"system": "Linux 6.1"},
        cells=(
            cell("debian-12.vm", "thing-1-to-2", passed),
            cell("debian-12.vm", "thing-2-to-3", passed, failed),
            cell("debian-13.vm", "thing-1-to-2", passed, selected=False),
        ),
    )


GOLDEN = """\
## ❌ Failed

1 of 2 selected cells failed. The plan has 1 more cell that this run did not select.

Run **rc\\_2**, 2026-03-12 09:14:02 UTC, took 48 min 45 s; every state rebuilt; \
upgradeproof 0.1.0; system Linux 6.1

| | ❌ failed | ⚠️ broken | ⬜ never ran | ✅ passed | \N{HEAVY MINUS SIGN} not applicable |
|---|---:|---:|---:|---:|---:|
| cells | 1 | 0 | 0 | 1 | 0 |
| checks | 1 | 0 | 0 | 2 | 0 |

### thing

| platform | 1 → 2 | 2 → 3 |
|---|---|---|
| debian-12.vm | ✅ passed, 1 check | ❌ failed, 1 of 2 checks |
| debian-13.vm | not selected | · |

### What went wrong

❌ **No listening port is lost**: failed on 1 cell: debian-12.vm.thing-2-to-3

```text
assert lost == ()
  lost listening ports: 1
```
"""


def test_the_text_of_a_summary(tmp_path: Path) -> None:
    assert write_summary(small_run(), tmp_path).read_text(encoding="utf-8") == GOLDEN


def test_a_killed_run_is_marked() -> None:
    killed = small_run().model_copy(update={"finished_at": None})
    text = summary(killed)
    assert text.startswith("## ❌ Failed, and cut off\n\nThis run was cut off before it ended.")
    assert "took" not in text


def test_hostile_text_is_neither_markup_nor_a_row() -> None:
    text = summary(hostile_run())
    outside = text.split("```text")[0]
    assert "<script" not in outside
    assert "<img" not in outside
    table = [line for line in outside.splitlines() if line.startswith("| &lt;")]
    assert len(table) == 1
    assert HOSTILE.split("\u2028", maxsplit=1)[0] in text.split("```text")[1]


def test_code_in_a_reason_cannot_end_its_block() -> None:
    assert fenced("a\n````\n# big") == "`````text\na\n````\n# big\n`````"


def test_a_long_reason_is_truncated_with_a_note() -> None:
    block = fenced("\n".join(str(n) for n in range(100)))
    assert block.endswith("\n19\n[cut: index.html has the rest]\n```")


def test_a_summary_never_exceeds_its_limit() -> None:
    checks = tuple(
        Check(id=f"s::test_{n}", verdict=Verdict.FAILED, reason=f"{n} " + "x" * 3000)
        for n in range(20)
    )
    cells = tuple(
        Cell(id="c" * 9000, platform=f"p{n}" * 5000, upgrade="u", product=f"p{n}", checks=checks)
        for n in range(100)
    )
    run = small_run().model_copy(update={"cells": cells})
    text = summary(run)
    assert len(text.encode()) < LIMIT
    assert text.endswith(" left out here: index.html has all.*\n")
    assert text.count("```text") == text.count("\n```\n")


def test_measurements_are_listed_cell_by_cell() -> None:
    text = summary(example_run())
    _, _, rest = text.partition("### Speed and availability\n")
    table = rest.partition("\n###")[0].splitlines()
    failed = next(cell for cell in example_run().cells if cell.ratios)
    assert (
        f"| {escape(failed.id)} | p99 visitors: 12.4 → 17.8 ms<br>p99 customers: 6 ms → broken<br>"
        "downtime: at least 3.2 s<br>health: 65 of 100 |"
    ) in table
    assert "Speed" not in summary(small_run())
