"""Messages of a program that are part of an answer: warnings and errors that name its source."""

from __future__ import annotations

import html
import re

_TAG = re.compile(r"<[^<>]{0,500}>")
_SHOWN = 300
_SOURCE = re.compile(
    r"""
      \b(?:in|at)\ /\S+\ (?:on\ )?line\ \d+      # PHP, Perl
    | \bFile\ "[^"]+",\ line\ \d+                # Python
    | (?:^|\s)/[^\s:]+:\d+:in\                   # Ruby
    | ^\s*at\ .{1,200}[(/][^()\s]+:\d+(?::\d+)?\)?\s*$   # Java, JavaScript
    """,
    re.VERBOSE,
)
_LEVEL = re.compile(
    r"\b(?:warning|deprecated|notice|error|exception|uncaught|traceback)\b", re.IGNORECASE
)


def messages(body: str) -> dict[str, str]:
    """Return the lines by which a program complains, by their text without numbers.

    A word such as "error" alone is content: a message also names a file and a line of its source.
    A stack without such a word is one, too: it is the rest of an exception.
    """
    text = html.unescape(_TAG.sub("", body))
    found: dict[str, str] = {}
    for line in text.splitlines():
        if match := _SOURCE.search(line):
            level = _LEVEL.search(line)
            start = min(level.start() if level else match.start(), match.start())
            shown = line[start : max(match.end(), start)].strip()[-_SHOWN:]
            found.setdefault(re.sub(r"\d+", "N", shown), shown)
    return found
