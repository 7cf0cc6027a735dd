"""What a failed check prints of unexplained changes: short, with TOML to paste into the plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from upgradeproof.counting import counted
from upgradeproof.plan.editing import block
from upgradeproof.results import Change
from upgradeproof.review.globs import Paths
from upgradeproof.review.groups import Group, group
from upgradeproof.states import StateName

MAX_LINES = 38
"""Of the whole text: pytest adds two of its own, and forty fit on a screen."""
MAX_LISTED = 14
"""Lines up to which the changes are listed one by one; more are counted by section."""
MAX_SECTIONS = 12
MAX_SUBJECTS = 4
MAX_WIDTH = 160


def summary(changes: Iterable[Change], paths: Paths, state: str = StateName.UPGRADED) -> str:
    """Return the unexplained changes of a state in at most ``MAX_LINES`` lines; "": there are none.

    The first line names the first change. ``paths`` are all paths of the state's facts.
    """
    groups = group(changes, paths)
    found = [change for each in groups for change in each.changes]
    if not found:
        return ""
    what = counted(len(found), "change")
    first = "it is" if len(found) == 1 else "the first is"
    spec = StateName(state).spec
    lines = [_cut(f"{what}, {spec.unexplained}; {first} {found[0]}"), *_overview(found, groups)]
    key = "upgrade.allowed_changes" if spec.after_rollback else "expect.change"
    lines += [
        "the whole list: the cell in index.html, or `upgradeproof review`",
        "to explain changes that are correct, add this to the plan, with your reasons:",
        *snippet(groups, f"[[{key}]]", MAX_LINES - len(lines) - 1),
    ]
    return "\n".join(lines)


def snippet(groups: Sequence[Group], header: str, max_lines: int | None = None) -> list[str]:
    """Return TOML to paste, as lines: a block for each group, with an empty reason.

    Where not all blocks fit, a comment has the number of those that are left out.
    """
    lines: list[str] = []
    for at, each in enumerate(groups):
        added = ["", *block(header, each.globs, "", each.kind or "").splitlines()]
        last = at == len(groups) - 1
        if max_lines is not None and len(lines) + len(added) + (not last) > max_lines:
            left = len(groups) - at
            more = f"# and {counted(left, 'group')} more: `upgradeproof review --toml` prints them"
            return [*lines, more]
        lines += added
    return lines


def _overview(found: Sequence[Change], groups: Sequence[Group]) -> list[str]:
    """Return every change where they are few, else their numbers by section and package."""
    listed = [
        f"  {_cut(line)}" for change in found for line in change.with_detail.splitlines() or [""]
    ]
    if len(listed) <= MAX_LISTED:
        return listed if len(listed) > 1 else []
    sections: dict[str, list[Group]] = {}
    for each in groups:
        sections.setdefault(each.section, []).append(each)
    lines = [_section(name, members) for name, members in sections.items()]
    if (left := len(lines) - MAX_SECTIONS) > 0:
        lines = [*lines[:MAX_SECTIONS], f"  and {counted(left, 'section')} more"]
    return ["by section and package:", *lines]


def _section(name: str, groups: Sequence[Group]) -> str:
    counts = Counter(each.subject for each in groups for _ in each.changes)
    named = [f"{subject} {number}" for subject, number in counts.most_common(MAX_SUBJECTS)]
    left = len(counts) - len(named)
    more = f", and {left} more" if left else ""
    return _cut(f"  {name} ({counts.total():,}): {', '.join(named)}{more}")


def _cut(text: str) -> str:
    """Return a text on one line that is not too long to be read."""
    line = " ".join(text.split("\n"))
    return line if len(line) <= MAX_WIDTH else f"{line[: MAX_WIDTH - 3]}..."
