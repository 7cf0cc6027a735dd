"""Split a file into what is read as text and what is read as a name."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

Class = Literal["text", "names"]

CODE_OF_MARKDOWN = re.compile(
    r"^ *```.*?^ *```$|`+[^`]+`+|(?<=\])\([^)\s]+\)", re.DOTALL | re.MULTILINE
)
TOML_KEY = re.compile(
    r"^\s*(?:\[+\s*(?P<table>[\w.\"'-]+)\s*\]+|(?P<key>[\w.\"'-]+)\s*=)", re.MULTILINE
)
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


@dataclass(frozen=True, kw_only=True)
class Fragment:
    """A piece of a file in which words are searched."""

    kind: Class
    line: int
    """The line of the file on which the fragment begins."""
    text: str


def fragments(path: str, source: str) -> Iterator[Fragment]:
    """Yield the fragments of a file; its suffix decides how it is read."""
    reader = READERS.get(PurePosixPath(path).suffix, _whole)
    yield from reader(path, source)


def _whole(_path: str, source: str) -> Iterator[Fragment]:
    yield Fragment(kind="text", line=1, text=source)


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


def _markdown(_path: str, source: str) -> Iterator[Fragment]:
    """Yield the prose alone: code is checked in the file that it comes from."""
    yield Fragment(kind="text", line=1, text=CODE_OF_MARKDOWN.sub(_blank, source))


def _toml(_path: str, source: str) -> Iterator[Fragment]:
    yield Fragment(kind="text", line=1, text=TOML_KEY.sub(_blank, source))
    for found in TOML_KEY.finditer(source):
        name = found["table"] or found["key"]
        yield _name(name, source.count("\n", 0, found.start(0) + found[0].index(name)) + 1)


def _python(path: str, source: str) -> Iterator[Fragment]:
    for part in PurePosixPath(path).with_suffix("").parts:
        yield _name(part, 1)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield Fragment(kind="text", line=token.start[0], text=token.string)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield Fragment(kind="text", line=node.lineno, text=node.value)
        elif name := _defined(node):
            yield _name(name, getattr(node, "lineno", 1))


def _defined(node: ast.AST) -> str:
    """Return the name that a node defines; a name that is only used belongs to its definition."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
            return name
        case ast.Attribute(attr=name, ctx=ast.Store()) | ast.alias(asname=str(name)):
            return name
        case _:
            return ""


def _name(name: str, line: int) -> Fragment:
    """Return an identifier as the words that it consists of."""
    return Fragment(kind="names", line=line, text=HUMP.sub(" ", name))


READERS: dict[str, Callable[[str, str], Iterator[Fragment]]] = {
    ".md": _markdown,
    ".py": _python,
    ".toml": _toml,
}
