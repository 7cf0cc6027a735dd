"""The texts that all reports share, so that a page and a summary agree."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from upgradeproof.counting import counted
from upgradeproof.results import (
    CachedStates,
    Cell,
    Change,
    Check,
    Fidelity,
    ReasonSource,
    Run,
    UnusedChange,
    Verdict,
)

SECOND_MS = 1000
MINUTE_S = 60
HOUR_S = 3600
GIGABYTE = 1_000_000_000
MAX_UNUSED = 20
"""Expected changes that did not happen, in the terminal; the page has them all."""
IN_UTC = re.compile(
    r"(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d))T((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.\d+)?\+00:00"
)
SUBJECT = re.compile(r"(?P<name>[^\[]*)(?:\[(?P<subject>.*)\])?", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Word:
    """Describe one verdict: as a word, as a symbol of plain text, and by its meaning."""

    word: str
    symbol: str
    meaning: str


WORDS: Mapping[Verdict, Word] = {
    Verdict.FAILED: Word(
        word="failed", symbol="❌", meaning="the product or its upgrade does not work"
    ),
    Verdict.BROKEN: Word(
        word="broken",
        symbol="⚠️",
        meaning="the harness or its environment failed: nothing is known of the product",
    ),
    Verdict.NEVER_RAN: Word(
        word="never ran", symbol="⬜", meaning="declared, and did not run: nothing is proven"
    ),
    Verdict.PASSED: Word(word="passed", symbol="✅", meaning="everything that applies holds"),
    Verdict.NOT_APPLICABLE: Word(
        word="not applicable",
        symbol="\N{HEAVY MINUS SIGN}",
        meaning="it can't be proven here, and the reason is given",
    ),
}
"""Every verdict, the most important first."""


def count(verdicts: Iterable[Verdict]) -> dict[Verdict, int]:
    """Return how often each verdict occurs, every verdict named, in the order of ``WORDS``."""
    found = Counter(verdicts)
    return {verdict: found[verdict] for verdict in WORDS}


def title(run: Run, verdict: Verdict | None = None) -> str:
    """Return the run's verdict as a short title."""
    verdict = verdict or run.verdict
    if run.finished_at is not None:
        return WORDS[verdict].word.capitalize()
    if verdict is Verdict.NEVER_RAN:
        return "Cut off"
    return f"{WORDS[verdict].word.capitalize()}, and cut off"


def sentences(
    run: Run, verdict: Verdict | None = None, counts: Mapping[Verdict, int] | None = None
) -> tuple[str, ...]:
    """Return what the run's verdict is based on, and what is not proven.

    ``verdict``, ``counts``: the run's verdict and those of its selected cells, where the caller
    has them: a verdict is computed from all checks each time.
    """
    selected = [cell for cell in run.cells if cell.selected]
    counts = counts or count(cell.verdict for cell in selected)
    verdict = verdict or run.verdict
    total = counted(len(selected), "selected cell")
    sentences = {
        Verdict.FAILED: f"{counts[Verdict.FAILED]} of {total} failed.",
        Verdict.BROKEN: f"{counts[Verdict.BROKEN]} of {total} broke: the harness or its "
        "environment failed, and nothing is known of the product there.",
        Verdict.NEVER_RAN: f"{counts[Verdict.NEVER_RAN]} of {total} never ran to the end: "
        "what did not run is not proven.",
    }
    lines = [sentences[verdict] for verdict in sentences if counts[verdict]]
    if run.finished_at is None:
        lines.insert(0, "This run was cut off before it ended.")
    lines += [f"{each.folder} is no part of this run: {each.reason}." for each in run.rejected]
    if not selected:
        lines.append("No cell was selected: this run proves nothing.")
    if verdict is Verdict.PASSED:
        lines.append(f"{counts[Verdict.PASSED]} of {total} passed, and none failed.")
    elif verdict is Verdict.NOT_APPLICABLE:
        lines.append("All checks are not applicable: this run proves nothing.")
    left_out = [cell for cell in selected if len(cell.checks) < cell.checks_declared]
    if left_out:
        chosen = sum(len(cell.checks) for cell in selected)
        every = sum(max(len(cell.checks), cell.checks_declared) for cell in selected)
        where = "" if len(selected) == 1 else f" on {counted(len(left_out), 'selected cell')}"
        lines.append(
            f"{chosen:,} of {counted(every, 'check')} selected: the others were deselected{where},"
            " and nothing is known of them."
        )
    if run.unused:
        fails = ", which makes a strict run fail" if run.strict else ""
        number = counted(len(run.unused), "expected change")
        lines.append(f"{number} of the plans did not happen on any platform{fails}.")
    if unselected := len(run.cells) - len(selected):
        lines.append(
            f"The plan has {counted(unselected, 'more cell')} that this run did not select."
        )
    return tuple(lines)


def gist(cell: Cell, verdict: Verdict | None = None) -> str:
    """Return the text below a cell's verdict: how many checks have it, or why there is none."""
    if not cell.selected:
        return "not selected"
    counts = count([check.verdict for check in cell.checks])
    total = len(cell.checks)
    verdict = verdict or cell.verdict
    if verdict in (Verdict.FAILED, Verdict.BROKEN, Verdict.NEVER_RAN):
        if counts[verdict]:
            return f"{counts[verdict]} of {counted(total, 'check')}"
        stopped = next((s.name for s in cell.states if s.verdict is verdict), "")
        return f"{stopped.replace('_', ' ')} not reached" if stopped else "no check ran"
    aside = counts[Verdict.NOT_APPLICABLE]
    return checks_selected(cell) + (f", {aside} n/a" if aside and aside < total else "")


def checks_selected(cell: Cell) -> str:
    """Return how many checks ran of how many: ``82 checks``, or ``2 of 82 checks selected``."""
    total = len(cell.checks)
    if total < cell.checks_declared:
        return f"{total:,} of {counted(cell.checks_declared, 'check')} selected"
    return counted(total, "check")


def cached_states(cached: CachedStates) -> str:
    """Return how much the cached states take: ``12 cached, 8.1 GB of at most 20.0 GB``."""
    limit = (
        "without a limit" if cached.max_bytes is None else f"of at most {size(cached.max_bytes)}"
    )
    return f"{cached.count:,} cached, {size(cached.size_bytes)} {limit}"


def unused_lines(unused: Sequence[UnusedChange], *, strict: bool) -> list[str]:
    """Return what the summary prints of expected changes that did not happen; none: nothing."""
    if not unused:
        return []
    fails = ", which makes a strict run fail" if strict else ""
    head = f"{counted(len(unused), 'expected change')} did not happen on any platform{fails}:"
    lines = [f"  {each.where}: {each.facts}" for each in unused]
    left = len(lines) - MAX_UNUSED
    return [head, *lines[:MAX_UNUSED], *([f"  and {left:,} more"] if left > 0 else [])]


def size(number: int) -> str:
    """Return bytes as gigabytes, or as megabytes where they are few."""
    return f"{number / 1e9:.1f} GB" if number >= GIGABYTE else f"{number / 1e6:.0f} MB"


def duration(seconds: float | None) -> str:
    """Return a duration as text; nothing for an unknown one."""
    if seconds is None:
        return ""
    if round(seconds, 1) < 1:
        return f"{seconds * 1000:.0f} ms"
    if round(seconds) < MINUTE_S:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < HOUR_S:
        return f"{whole // MINUTE_S} min {whole % MINUTE_S:02d} s"
    return f"{whole // HOUR_S} h {whole % HOUR_S // MINUTE_S:02d} min"


def latency(ms: float) -> str:
    """Return milliseconds as text, with three digits at most."""
    if round(ms) >= SECOND_MS:
        return duration(ms / SECOND_MS) if ms >= MINUTE_S * SECOND_MS else f"{ms / SECOND_MS:.3g} s"
    return f"{ms:.3g} ms"


def moment(at: str) -> str:
    """Return a time to the second, in UTC; what can't be read as a time stays as it is."""
    if found := IN_UTC.fullmatch(at):  # as journals write it, and ten times as fast
        return f"{found[1]} {found[2]} UTC"
    try:
        return datetime.fromisoformat(at).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except ValueError:
        return at


def elapsed(run: Run) -> str:
    """Return how long the run took; nothing if it was cut off."""
    try:
        began = datetime.fromisoformat(run.started_at)
        return duration((datetime.fromisoformat(run.finished_at or "") - began).total_seconds())
    except (TypeError, ValueError):
        return ""


def cell_seconds(cell: Cell) -> float:
    """Return how long a cell took: its transitions and its checks."""
    times = [s.duration_s for s in cell.states] + [c.duration_s for c in cell.checks]
    return sum([time for time in times if time])


def upgrade_title(cell: Cell) -> str:
    """Return ``1.2.7 → 1.2.8 → 1.3.0`` for ``lighthouse-1.2.7-to-1.2.8-to-1.3.0``.

    A name of another form stays as it is.
    """
    path = cell.upgrade.removeprefix(f"{cell.product}-").split("-to-")
    return " → ".join(path) if len(path) > 1 and all(path) else cell.upgrade


def sentence(check: Check) -> tuple[str, str, str]:
    """Return a check's suite, its name as a sentence, and its subject."""
    match = SUBJECT.fullmatch(check.id)
    whole, subject = match.group("name", "subject") if match else (check.id, "")
    suite, _, name = whole.rpartition("::")
    words = name.removeprefix("test_").replace("_", " ").strip()
    return suite, words[:1].upper() + words[1:], subject or ""


def proofs(fidelity: Fidelity) -> tuple[tuple[bool, str], ...]:
    """Return what a machine of this fidelity can (True) and can't (False) prove."""
    kernel = (
        "Its own kernel: kernel, modules and boot can be proven."
        if fidelity.own_kernel
        else "Its host's kernel: nothing about kernel, modules or boot can be proven."
    )
    time = (
        f"Not emulated ({fidelity.execution}): absolute latencies can be proven."
        if fidelity.absolute_latency
        else f"{_why_relative(fidelity)}: a latency is compared with the same machine before "
        "the upgrade; no absolute target can be proven."
    )
    return (fidelity.own_kernel, kernel), (fidelity.absolute_latency, time)


def _why_relative(fidelity: Fidelity) -> str:
    if not fidelity.absolute_time:
        return f"Emulated ({fidelity.execution})"
    return f"Through the tunnel to {fidelity.engine} ({fidelity.tunnel_ms} ms)"


_ORIGINS: dict[ReasonSource, str] = {
    "plan": "expected by the plan",
    "known": "known for",
    "package": "follows from a package",
    "boot": "a boot of the old release does this",
    "none": "neither expected nor explained",
}


def origin(change: Change) -> str:
    """Return who explains a change: the plan, or for instance ``known for Debian 12 -> 13``."""
    return f"{_ORIGINS[change.source]} {change.known_for}".strip()


def origin_order(change: Change) -> tuple[int, str]:
    """Return the place of a change's origin among those of a diff."""
    return list(_ORIGINS).index(change.source), origin(change)


def change_text(change: Change) -> str:
    """Return one line of a diff: ``packages/nginx/version: 1.21.3 → 1.21.9``."""
    before = "nothing" if change.before is None else change.before
    after = "nothing" if change.after is None else change.after
    return f"{change.path}: {before} → {after}"
