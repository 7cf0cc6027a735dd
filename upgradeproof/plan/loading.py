"""TOML in, frozen models out; a wrong file is one clear error that names its line."""

from __future__ import annotations

import difflib
import re
import textwrap
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from upgradeproof.errors import PlanError


class Model(BaseModel):
    """The base of everything that is read from a file: frozen, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


M = TypeVar("M", bound=Model)


def load(path: Path, model: type[M]) -> M:
    """Return the model that the TOML file holds.

    Raises PlanError, once, with every problem of the file: line, key, what was expected, and the
    nearest valid name where a name is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PlanError(
            f"{path}: there is no such file",
            resolution="`upgradeproof init` writes a first upgrade.toml",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"{path} can't be read: {error}") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{path} is not TOML: {error}") from None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = [_explain(text, model, problem) for problem in error.errors()]
        raise PlanError(
            f"{path} is not a valid {model.__name__.lower()}",
            details="\n".join(f"{path}:{line}: {what}" for line, what in sorted(problems)),
        ) from None


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return advice that ends a message about an unknown name."""
    names = sorted(valid)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"valid: {', '.join(names)}" if names else "there is none"


def _explain(text: str, model: type[Model], problem: ErrorDetails) -> tuple[int, str]:
    """Return the line of a problem and what is wrong there, in the reader's words."""
    location = tuple(part for part in problem["loc"] if not _is_union_branch(part))
    where = ".".join(str(part) for part in location) or "the file"
    line = find_line(text, location)
    if problem["type"] == "extra_forbidden":
        *parents, key = location
        return line, f"unknown key {where!r}; {nearest(str(key), _keys(model, parents))}"
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "missing":
        return line, f"{where!r} is missing"
    given = "" if problem["type"] == "value_error" else f", not {_short(problem['input'])}"
    return line, f"{where}: {message[:1].lower()}{message[1:]}{given}"


def _is_union_branch(part: int | str) -> bool:
    """Tell pydantic's own marks in a location (union members) from keys of the file."""
    return isinstance(part, str) and ("[" in part or part.startswith("tagged:"))


def _short(value: Any) -> str:
    text = repr(value)
    return textwrap.shorten(text, 60, placeholder="...")


def _keys(model: type[Model], parents: Sequence[int | str]) -> list[str]:
    """Return the keys that are valid below ``parents``, for advice; empty when not known."""
    current: Any = model
    for part in parents:
        if isinstance(part, int):
            continue
        field = getattr(current, "model_fields", {}).get(part)
        if field is None:
            return []
        current = _model_in(field.annotation)
    return [field.alias or name for name, field in getattr(current, "model_fields", {}).items()]


def _model_in(annotation: Any) -> Any:
    """Return the first model named in an annotation such as ``tuple[Upgrade, ...] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None


def find_line(text: str, location: Sequence[int | str]) -> int:
    """Return the line (from 1) on which a key stands: tomllib tells no positions.

    Walks the location: a table header ``[name]`` or the n-th ``[[name]]`` narrows the search, a key
    ends it. Where the key itself is not found, the line of its nearest parent is returned.
    """
    lines = text.splitlines()
    at, path = 0, ""
    parts = list(location)
    while parts:
        part = parts.pop(0)
        if isinstance(part, int):
            continue
        path = f"{path}.{part}" if path else str(part)
        index = parts[0] if parts and isinstance(parts[0], int) else 0
        headers = [
            i
            for i, line in enumerate(lines)
            if i >= at and re.match(rf"\s*\[\[?\s*{re.escape(path)}\s*\]", line)
        ]
        if len(headers) > index:
            at = headers[index]
            continue
        key = re.compile(rf"(^|[{{,\s\"'])[\"']?{re.escape(str(part))}[\"']?\s*[=.]")
        for i in range(at, len(lines)):
            if i > at and path.count(".") and lines[i].startswith("["):
                break
            if key.search(lines[i].split("#")[0]):
                at = i
                break
    return at + 1
