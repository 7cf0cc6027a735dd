"""Find the kernel that GRUB starts by default, in its generated configuration."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_STEP = re.compile(r"(?<!>)>(?!>)")
"""Between the titles of a path through submenus; a ``>`` of a title itself is doubled."""
_IMAGE = re.compile(r"vmlinu[xz]-(.+)")


@dataclass(frozen=True, kw_only=True)
class Default:
    """What GRUB starts by default."""

    entry: str = ""
    release: str = ""
    problem: str = ""
    """Why no release is known, or why it is not the one that the configuration names."""


@dataclass
class _Entry:
    kind: str
    title: str = ""
    id: str = ""
    kernel: str = ""
    entries: list[_Entry] = field(default_factory=list)


def default(lines: Iterable[str], environment: Mapping[str, str]) -> Default:
    """Return the default entry of a ``grub.cfg``; ``environment`` is that of ``grubenv``.

    Of the file only lines are needed that begin with ``set default=``, ``menuentry``, ``submenu``,
    ``linux``, ``function`` or a closing brace. As GRUB does, a name that no entry has gives the
    first one, and a submenu gives its own first one.
    """
    lines = list(lines)
    wanted = _wanted(lines, environment)
    entries = _menu(lines)
    if not entries:
        return Default(problem="the menu has no entries")
    chosen, problem = _choose(entries, wanted)
    if not chosen.kernel:
        return Default(entry=chosen.title, problem=problem or "the default entry starts no Linux")
    image = _IMAGE.fullmatch(chosen.kernel.rpartition("/")[2])
    if image is None:
        problem = problem or f"the default entry starts {chosen.kernel}, which names no release"
    return Default(entry=chosen.title, release=image[1] if image else "", problem=problem)


def _wanted(lines: Iterable[str], environment: Mapping[str, str]) -> str:
    """Return the value of ``default``; an entry chosen for one boot goes before all others."""
    if once := environment.get("next_entry"):
        return once
    known = {**environment}
    known["saved_entry"] = known.get("prev_saved_entry") or known.get("saved_entry", "")
    values = [_words(line.partition("=")[2]) for line in lines if line.startswith("set default=")]
    texts = [value[0] for value in values if value and "next_entry" not in value[0]]
    text = texts[-1] if texts else ""
    return _VARIABLE.sub(lambda match: known.get(match[1], ""), text) or "0"


def _menu(lines: Iterable[str]) -> Sequence[_Entry]:
    stack = [_Entry("submenu")]
    for line in lines:
        words = _words(line)
        match words:
            case ["menuentry" | "submenu", title, *options]:
                entry = _Entry(words[0], title, _id(options))
                if stack[-1].kind == "submenu":
                    stack[-1].entries.append(entry)
                if words[-1] != "}":
                    stack.append(entry)
            case ["function", *_] if words[-1] != "}":
                stack.append(_Entry("function"))
            case ["}", *_] if len(stack) > 1:
                stack.pop()
            case ["linux" | "linux16" | "linuxefi", kernel, *_] if not stack[-1].kernel:
                stack[-1].kernel = kernel
    return stack[0].entries


def _id(options: Sequence[str]) -> str:
    """Return the word after ``--id``, which generated files write as a variable."""
    marks = [i for i, word in enumerate(options[:-1]) if word in ("--id", "$menuentry_id_option")]
    return options[marks[0] + 1] if marks else ""


def _choose(entries: Sequence[_Entry], wanted: str) -> tuple[_Entry, str]:
    """Return the entry that a name leads to, and what was wrong with the name."""
    problem = ""
    steps = [step.replace(">>", ">") for step in _STEP.split(wanted)]
    chosen = entries[0]
    while entries:
        step = steps.pop(0) if steps else "0"
        found = _find(entries, step)
        if found is None:
            problem = problem or f"no entry is named {step!r}: GRUB starts the first one"
        chosen = found or entries[0]
        entries = chosen.entries
    return chosen, problem


def _find(entries: Sequence[_Entry], name: str) -> _Entry | None:
    if re.fullmatch(r"[0-9]{1,4}", name):
        return entries[int(name)] if int(name) < len(entries) else None
    return next((entry for entry in entries if name in (entry.title, entry.id)), None)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()
