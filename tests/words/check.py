"""Find the words that `words.toml` forbids."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tests.words.fragments import Class, Fragment, fragments

SUFFIXES = frozenset({".py", ".md", ".toml", ".sh", ".js", ".html", ".j2"})


@dataclass(frozen=True, kw_only=True)
class Word:
    """A forbidden word."""

    pattern: re.Pattern[str]
    write: str
    kinds: frozenset[Class]


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """A place where a forbidden word is right."""

    files: str
    word: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, kw_only=True)
class Found:
    """A forbidden word in a file."""

    path: str
    line: int
    kind: Class
    word: str
    write: str

    def __str__(self) -> str:
        """Return the line that is printed."""
        where = "" if self.kind == "text" else "in a name, "
        return f"{self.path}:{self.line}: {where}'{self.word}': write {self.write}"


@dataclass(frozen=True, kw_only=True)
class WordList:
    """What `words.toml` holds."""

    words: tuple[Word, ...]
    allowed: tuple[Allowed, ...]
    exclude: tuple[str, ...]


def _pattern(expression: str) -> re.Pattern[str]:
    spaced = expression.replace(" ", r"[\s#]+")
    return re.compile(rf"(?<![\w-])(?:{spaced})(?![\w-])", re.IGNORECASE)


def read_words(path: Path) -> WordList:
    """Return the word list; a key that is missing or has no text is an error."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    allowed: list[dict[str, Any]] = data.get("allow", [])
    for entry in allowed:
        if not entry["reason"].strip():
            raise ValueError(f"{path.name}: the allow entry for '{entry['word']}' has no reason")
    return WordList(
        words=tuple(
            Word(
                pattern=_pattern(entry["match"]),
                write=entry["write"],
                kinds=frozenset(entry.get("in", ["text", "names"])),
            )
            for entry in data["word"]
        ),
        allowed=tuple(
            Allowed(files=entry["files"], word=entry["word"], pattern=_pattern(entry["word"]))
            for entry in allowed
        ),
        exclude=tuple(data.get("exclude", [])),
    )


def _within(found: re.Match[str], allowed: Allowed, text: str) -> bool:
    return any(
        match.start() <= found.start() and found.end() <= match.end()
        for match in allowed.pattern.finditer(text)
    )


def _search(path: str, fragment: Fragment, words: WordList, used: set[Allowed]) -> Iterator[Found]:
    allowed = [entry for entry in words.allowed if fnmatchcase(path, entry.files)]
    for word in words.words:
        if fragment.kind not in word.kinds:
            continue
        for match in word.pattern.finditer(fragment.text):
            reasons = [entry for entry in allowed if _within(match, entry, fragment.text)]
            used.update(reasons)
            if not reasons:
                yield Found(
                    path=path,
                    line=fragment.line + fragment.text.count("\n", 0, match.start()),
                    kind=fragment.kind,
                    word=" ".join(match[0].split()),
                    write=word.write,
                )


def files_below(root: Path, exclude: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    """Yield the files that are checked, by their paths relative to the root."""
    for folder, folders, names in os.walk(root):
        relative = Path(folder).relative_to(root)
        folders[:] = sorted(
            name
            for name in folders
            if not any(fnmatchcase(f"{(relative / name).as_posix()}/", glob) for glob in exclude)
        )
        for name in sorted(names):
            path = (relative / name).as_posix()
            known = Path(name).suffix in SUFFIXES
            if known and not any(fnmatchcase(path, glob) for glob in exclude):
                yield path, Path(folder, name)


def search(root: Path, words: WordList) -> tuple[list[Found], list[Allowed]]:
    """Return every forbidden word below a folder, and the allow entries that allow nothing."""
    used: set[Allowed] = set()
    found = [
        hit
        for path, file in files_below(root, words.exclude)
        for fragment in fragments(path, file.read_text(encoding="utf-8"))
        for hit in _search(path, fragment, words, used)
    ]
    return found, [entry for entry in words.allowed if entry not in used]
