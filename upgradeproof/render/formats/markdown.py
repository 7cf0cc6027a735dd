"""The summary: the matrix and what did not hold, short enough for a CI job's own page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from upgradeproof.counting import counted
from upgradeproof.render import capture, findings, grid, preflight, speed, support, words
from upgradeproof.render.options import DEFAULT, Options
from upgradeproof.render.writing import write_text
from upgradeproof.results import Cell, Run, Verdict

FORMAT = "markdown"
FILE_NAME = "summary.md"
BY_DEFAULT = True

LIMIT = 900_000
"""Bytes of a summary: GitHub refuses a step summary of more than 1 MiB."""
RESERVED = 100
"""Bytes for the line that reports what was left out."""
REASON_LINES = 20
REASON_CHARACTERS = 2000
CAUSES = 50
CELLS = 12
"""How much of a reason, how many causes, and how many cells of a cause are named."""

SPECIAL = re.compile(r"([\\`*_\[\]#|~@$]|:(?=//)|(?<=www)\.)")
FENCES = re.compile(r"`{3,}")


def write(run: Run, folder: Path, *, options: Options = DEFAULT) -> Path:  # noqa: ARG001  # it needs none
    """Write ``folder/summary.md`` and return its path. Raises HarnessError when it can't."""
    return write_text(folder / FILE_NAME, summary(run))


def summary(run: Run) -> str:
    """Return the run as Markdown of GitHub's flavour, never longer than ``LIMIT`` bytes.

    A part that does not fit is left out as a whole: half of a table, or half of a block of code,
    would change how the rest is read.
    """
    parts: list[str] = []
    left = LIMIT - RESERVED
    left_out = 0
    for part in _parts(run):
        size = len(part.encode("utf-8", "replace")) + 1
        if size > left:
            left_out += 1
            continue
        left -= size
        parts.append(part)
    if left_out:
        parts.append(f"*{counted(left_out, 'part')} left out here: index.html has all.*\n")
    return "\n".join(parts)


def escape(text: str) -> str:
    """Return text that Markdown and HTML leave alone, on one line."""
    one_line = " ".join(text.split())
    return SPECIAL.sub(r"\\\1", one_line.replace("&", "&amp;").replace("<", "&lt;"))


def fenced(text: str) -> str:
    """Return text as a block of code that it can't end itself, cut to the limit of a summary."""
    lines = text.strip().splitlines()
    shown = "\n".join(lines[:REASON_LINES])[:REASON_CHARACTERS]
    if shown != "\n".join(lines):
        shown += "\n[cut: index.html has the rest]"
    longest = max((len(fence) for fence in FENCES.findall(shown)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}text\n{shown}\n{fence}"


def _parts(run: Run) -> Iterator[str]:
    faces, verdict = grid.faces(run), run.verdict
    selected = [face for face in faces if face.cell.selected]
    counts = words.count(face.verdict for face in selected)
    yield f"## {words.WORDS[verdict].symbol} {words.title(run, verdict)}\n"
    yield " ".join(escape(line) for line in words.sentences(run, verdict, counts)) + "\n"
    yield _about(run)
    yield _counts(selected, counts)
    for product in grid.arrange(faces, fold=False):
        yield _matrix(product)
    causes = findings.causes(findings.of_cells((face.cell, face.verdict) for face in selected))
    if causes:
        yield "### What went wrong\n"
    for cause in causes[:CAUSES]:
        yield _cause(cause)
    if len(causes) > CAUSES:
        yield f"*{counted(len(causes) - CAUSES, 'more finding')} in index.html.*\n"
    yield from _unused(run)
    yield from _captures(run)
    yield from _speed(run)
    yield from _preflight(run)
    if run.releases:
        yield f"### Support graph\n\n```mermaid\n{support.mermaid(run.releases)}\n```\n"


def _unused(run: Run) -> Iterator[str]:
    if run.unused:
        rows = (
            f"| {escape(each.where)} | {escape(each.facts)} | {escape(each.reason)} |\n"
            for each in run.unused[:CAUSES]
        )
        head = "| plan | facts | reason |\n|---|---|---|\n"
        yield f"### Expected changes that did not happen\n\n{head}{''.join(rows)}"
    if len(run.unused) > CAUSES:
        yield f"*{counted(len(run.unused) - CAUSES, 'more change')} in index.html.*\n"


def _captures(run: Run) -> Iterator[str]:
    twins = [(cell, cell.capture) for cell in run.cells if cell.capture]
    if twins:
        rows = (
            f"| {escape(cell.id)} | {escape(found.server)} | "
            + "<br>".join(
                f"{each.section}: {capture.percent(each.agree, each.facts)}"
                for each in found.sections
            )
            + " |\n"
            for cell, found in twins
        )
        yield f"### Capture fidelity\n\n| cell | server | agrees |\n|---|---|---|\n{''.join(rows)}"


def _speed(run: Run) -> Iterator[str]:
    measured = [(cell, found) for cell in run.cells if (found := speed.measures(cell))]
    if measured:
        rows = (
            f"| {escape(cell.id)} | "
            + "<br>".join(escape(f"{each.name}: {each.value}") for each in found)
            + " |\n"
            for cell, found in measured
        )
        yield f"### Speed and availability\n\n| cell | measured |\n|---|---|\n{''.join(rows)}"


def _preflight(run: Run) -> Iterator[str]:
    found = preflight.gather(run)
    if found:
        yield "### Preflight\n"
    for each in found[:CAUSES]:
        finding = each.finding
        code = f"{escape(finding.code)} " if finding.code else ""
        accepted = f"  \n  Accepted: {escape(finding.accepted)}" if finding.accepted else ""
        yield (
            f"- **{finding.severity}**: {code}{escape(finding.title)}, on {_named(each.cells)}  \n"
            f"  {escape(finding.meaning)}  \n  To do: {escape(finding.remedy)}{accepted}\n"
        )
    if len(found) > CAUSES:
        yield f"*{counted(len(found) - CAUSES, 'more finding')} in index.html.*\n"


def _about(run: Run) -> str:
    took = f", took {words.elapsed(run)}" if words.elapsed(run) else ""
    states = "every state rebuilt" if run.fresh else "states of earlier runs may be reused"
    host = "; ".join(f"{escape(key)} {escape(value)}" for key, value in run.host.items())
    if run.cached_states:
        states += f"; {words.cached_states(run.cached_states)}"
    return (
        f"Run **{escape(run.run_id)}**, {escape(words.moment(run.started_at))}{took}; {states}; "
        f"upgradeproof {escape(run.upgradeproof)}" + (f"; {host}" if host else "") + "\n"
    )


def _counts(selected: Sequence[grid.Face], cells: Mapping[Verdict, int]) -> str:
    checks = words.count(check.verdict for face in selected for check in face.cell.checks)
    head = " | ".join(f"{word.symbol} {word.word}" for word in words.WORDS.values())
    return (
        f"| | {head} |\n|---|{'---:|' * len(words.WORDS)}\n"
        f"| cells | {' | '.join(str(cells[verdict]) for verdict in words.WORDS)} |\n"
        f"| checks | {' | '.join(str(checks[verdict]) for verdict in words.WORDS)} |\n"
    )


def _matrix(product: grid.Product) -> str:
    titles = " | ".join(escape(title) for title in product.titles)
    rows = [
        f"| {escape(row.platform)} | "
        + " | ".join("<br>".join(_face(face) for face in found) or "·" for found in row.faces)
        + " |"
        for row in product.rows
    ]
    return (
        f"### {escape(product.name)}\n\n"
        f"| platform | {titles} |\n|---|{'---|' * len(product.titles)}\n" + "\n".join(rows) + "\n"
    )


def _face(face: grid.Face) -> str:
    if not face.cell.selected:
        return "not selected"
    word = words.WORDS[face.verdict]
    return f"{word.symbol} {word.word}, {face.gist}"


def _cause(cause: findings.Cause) -> str:
    first = cause.first
    word = words.WORDS[first.verdict]
    also = f" (and {counted(len(first.also), 'more check')} there)" if first.also else ""
    if first.consequences:
        also += f" ({counted(len(first.consequences), 'further failure')} from it)"
    block = f"\n\n{fenced(first.reason)}" if first.reason.strip() else ""
    return (
        f"{word.symbol} **{escape(first.sentence)}**{also}: {word.word} on "
        f"{_named(cause.cells)}{block}\n"
    )


def _named(cells: Sequence[Cell]) -> str:
    named = ", ".join(escape(cell.id) for cell in cells[:CELLS])
    more = len(cells) - CELLS
    tail = f" and {counted(more, 'more cell')}" if more > 0 else ""
    return f"{counted(len(cells), 'cell')}: {named}{tail}"
