from __future__ import annotations

from collections import Counter

import pytest

from upgradeproof.render import every_format, words
from upgradeproof.render.findings import causes, records
from upgradeproof.render.grid import arrange, faces, overview, shares
from upgradeproof.results import Cell, Change, Check, Fidelity, ReasonSource, Run, State, Verdict
from upgradeproof.results.load import percent


def run_of(*cells: Cell, finished: str | None = "2026-03-12T10:00:00+00:00") -> Run:
    return Run(
        run_id="r",
        started_at="2026-03-12T09:00:00+00:00",
        finished_at=finished,
        upgradeproof="0.1.0",
        cells=cells,
    )


def cell_of(
    verdict: Verdict = Verdict.PASSED,
    *,
    platform: str = "debian-12-amd64.vm",
    upgrade: str = "thing-1-to-2",
    selected: bool = True,
    reason: str = "",
) -> Cell:
    return Cell(
        id=f"{platform}.{upgrade}",
        platform=platform,
        upgrade=upgrade,
        product="thing",
        selected=selected,
        checks=(Check(id="test_ports::test_one", verdict=verdict, reason=reason),),
    )


def test_every_verdict_has_a_description() -> None:
    assert {verdict: word.word for verdict, word in words.WORDS.items()} == {
        Verdict.PASSED: "passed",
        Verdict.FAILED: "failed",
        Verdict.NOT_APPLICABLE: "not applicable",
        Verdict.BROKEN: "broken",
        Verdict.NEVER_RAN: "never ran",
    }
    assert len({word.symbol for word in words.WORDS.values()}) == len(Verdict)


@pytest.mark.parametrize(
    ("verdict", "title", "sentence"),
    [
        (Verdict.PASSED, "Passed", "1 of 1 selected cell passed, and none failed."),
        (Verdict.FAILED, "Failed", "1 of 1 selected cell failed."),
        (
            Verdict.BROKEN,
            "Broken",
            (
                "1 of 1 selected cell broke: the harness or its environment failed, and nothing "
                "is known of the product there."
            ),
        ),
        (
            Verdict.NEVER_RAN,
            "Never ran",
            "1 of 1 selected cell never ran to the end: what did not run is not proven.",
        ),
        (
            Verdict.NOT_APPLICABLE,
            "Not applicable",
            "All checks are not applicable: this run proves nothing.",
        ),
    ],
)
def test_the_title_states_the_verdict_of_the_run(
    verdict: Verdict, title: str, sentence: str
) -> None:
    run = run_of(cell_of(verdict))
    assert words.title(run) == title
    assert words.sentences(run) == (sentence,)


def test_the_title_of_an_interrupted_run_is_not_passed() -> None:
    run = run_of(cell_of(), finished=None)
    assert words.title(run) == "Cut off"
    assert words.sentences(run) == ("This run was cut off before it ended.",)


def test_unselected_cells_are_stated() -> None:
    run = run_of(cell_of(), cell_of(platform="b", selected=False))
    assert words.sentences(run)[-1] == "The plan has 1 more cell that this run did not select."


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0.0, "0 ms"),
        (0.34, "340 ms"),
        (0.97, "1.0 s"),
        (12.34, "12.3 s"),
        (59.7, "1 min 00 s"),
        (460.0, "7 min 40 s"),
        (7500.0, "2 h 05 min"),
    ],
)
def test_durations_are_readable(seconds: float | None, text: str) -> None:
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0.0314, "0.0314 ms"),
        (12.44, "12.4 ms"),
        (999.4, "999 ms"),
        (999.6, "1 s"),
        (1840.0, "1.84 s"),
        (59_990.0, "60 s"),
        (61_000.0, "1 min 01 s"),
    ],
)
def test_latencies_have_three_digits(ms: float, text: str) -> None:
    assert words.latency(ms) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(1.0, "100 %"), (0.9999999, "99.999 %"), (0.9995, "99.95 %"), (0.5, "50 %"), (0.0, "0 %")],
)
def test_only_the_whole_is_a_hundred_percent(share: float, text: str) -> None:
    assert percent(share) == text


def test_a_check_reads_as_a_sentence() -> None:
    check = Check(id="test_ports::test_every_port_answers[tcp[80]]")
    assert words.sentence(check) == ("test_ports", "Every port answers", "tcp[80]")
    assert words.sentence(Check(id="odd")) == ("", "Odd", "")
    check = Check(id="test_ports::TestAll::test_every_port_answers[[::1]:80]")
    assert words.sentence(check) == ("test_ports::TestAll", "Every port answers", "[::1]:80")


def test_the_limits_of_a_machine_are_stated() -> None:
    container = Fidelity(kernel="shared", execution="qemu-user")
    assert words.proofs(container) == (
        (False, "Its host's kernel: nothing about kernel, modules or boot can be proven."),
        (
            False,
            (
                "Emulated (qemu-user): a latency is compared with the same machine before the "
                "upgrade; no absolute target can be proven."
            ),
        ),
    )


def test_a_tunnel_limits_what_a_machine_proves() -> None:
    tunnelled = Fidelity(kernel="shared", execution="native", engine="arm1", tunnel_ms=1.5)
    assert words.proofs(tunnelled)[1] == (
        False,
        (
            "Through the tunnel to arm1 (1.5 ms): a latency is compared with the same machine "
            "before the upgrade; no absolute target can be proven."
        ),
    )


def test_the_gist_of_a_cell_is_the_state_that_was_not_reached() -> None:
    cell = cell_of().model_copy(
        update={"states": (State(name="rolled_back", verdict=Verdict.FAILED, reason="no"),)}
    )
    assert words.gist(cell) == "rolled back not reached"


def test_platforms_and_upgrades_are_in_natural_order() -> None:
    run = run_of(
        cell_of(platform="debian-12-amd64.vm", upgrade="thing-1.10-to-1.11"),
        cell_of(platform="debian-9-amd64.vm", upgrade="thing-1.9-to-1.10"),
        cell_of(platform="alpine.vm", upgrade="odd name"),
    )
    (product,) = arrange(faces(run))
    assert [row.platform for row in product.rows] == [
        "alpine.vm",
        "debian-9-amd64.vm",
        "debian-12-amd64.vm",
    ]
    assert product.titles == ("odd name", "1.9 → 1.10", "1.10 → 1.11")
    assert [[len(found) for found in row.faces] for row in product.rows] == [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
    ]


def test_cells_that_were_not_selected_are_in_no_row() -> None:
    left_out = cell_of(platform="b", upgrade="thing-2-to-3").model_copy(update={"selected": False})
    run = run_of(cell_of(platform="a", upgrade="thing-1-to-2"), left_out)
    (folded,) = arrange(faces(run))
    assert ([row.platform for row in folded.rows], folded.titles) == (["a"], ("1 → 2",))
    assert [face.cell for face in folded.unselected] == [left_out]
    (whole,) = arrange(faces(run), fold=False)
    assert ([row.platform for row in whole.rows], whole.unselected) == (["a", "b"], ())


def test_the_overview_counts_selected_cells_by_product_and_platform() -> None:
    left_out = cell_of(platform="b").model_copy(update={"selected": False})
    run = run_of(cell_of(Verdict.FAILED, platform="a"), cell_of(platform="c"), left_out)
    found = overview(faces(run))
    assert {
        key: [
            (part.name, part.counts[Verdict.FAILED], part.counts[Verdict.PASSED]) for part in parts
        ]
        for key, parts in found.items()
    } == {"product": [("thing", 1, 1)], "platform": [("a", 1, 0), ("c", 0, 1)]}


def test_a_product_with_many_upgrades_is_shown_by_symbols() -> None:
    cells = [cell_of(platform="a", upgrade=f"thing-{n}-to-{n + 1}") for n in range(7)]
    assert [arrange(faces(run_of(*cells[:n])))[0].dense for n in (6, 7)] == [False, True]


def test_a_bar_is_full() -> None:
    verdicts = [Verdict.PASSED] * 2 + [Verdict.FAILED]
    bar = shares(Counter(verdicts))
    assert [share.verdict for share in bar] == [Verdict.FAILED, Verdict.PASSED]
    assert sum(share.length for share in bar) == pytest.approx(100)
    assert shares({}) == ()


def test_one_cause_on_many_cells_is_listed_once() -> None:
    alike = [cell_of(Verdict.FAILED, platform=p, reason="port 80\nlost") for p in "abc"]
    other = cell_of(Verdict.FAILED, platform="d", reason="port 81")
    found = causes(records(run_of(other, *alike, cell_of(platform="e"))))
    assert [(cause.first.first_line, len(cause.cells)) for cause in found] == [
        ("port 80", 3),
        ("port 81", 1),
    ]


def test_formats_are_found() -> None:
    known = {"html", "markdown", "prometheus", "ctrf", "github", "sarif", "static"}
    assert known <= set(every_format())
    by_default = {name for name, each in every_format().items() if each.BY_DEFAULT}
    assert by_default == {"html", "markdown", "prometheus"}


def test_sources_of_explanations_are_listed_with_the_plan_first() -> None:
    def change(source: ReasonSource, known_for: str = "") -> Change:
        return Change(
            path="a/b", before="", after="", expected=True, source=source, known_for=known_for
        )

    changes = [
        change("boot"),
        change("package"),
        change("known", "Linux 6.1 -> 6.12"),
        change("known", "Debian 12 -> 13"),
        change("plan"),
    ]
    assert [words.origin(each) for each in sorted(changes, key=words.origin_order)] == [
        "expected by the plan",
        "known for Debian 12 -> 13",
        "known for Linux 6.1 -> 6.12",
        "follows from a package",
        "a boot of the old release does this",
    ]
