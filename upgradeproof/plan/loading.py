"""TOML in, frozen models out; a wrong file is one clear error that names its line."""

from __future__ import annotations

import difflib
import re
import textwrap
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from upgradeproof.errors import PlanError


class Model(BaseModel):
    """The base of everything that is read from a file: frozen, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def variant(cls, data: Mapping[str, Any]) -> type[Model]:  # noqa: ARG003  # for subclasses
        """Return the model that ``data`` would be read into, where there are several kinds."""
        return cls


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
        problems = [_explain(text, data, model, problem) for problem in error.errors()]
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


def _explain(
    text: str, data: Mapping[str, Any], model: type[Model], problem: ErrorDetails
) -> tuple[int, str]:
    """Return the line of a problem and what is wrong there, in the reader's words."""
    location = _in_the_file(data, problem["loc"])
    where = ".".join(str(part) for part in location) or "the file"
    line = find_line(text, location)
    if problem["type"] == "extra_forbidden":
        *parents, key = location
        return line, f"unknown key {where!r}; {nearest(str(key), _keys(data, model, parents))}"
    if problem["type"] == "missing":
        return line, f"{where!r} is missing"
    if problem["type"].startswith("union_tag"):
        return line, f"{where}: {_tag_advice(problem)}"
    message = problem["msg"].removeprefix("Value error, ")
    given = "" if problem["type"] == "value_error" else f", not {_short(problem['input'])}"
    return line, f"{where}: {message[:1].lower()}{message[1:]}{given}"


def _in_the_file(data: Any, location: Sequence[int | str]) -> tuple[int | str, ...]:
    """Return a location without pydantic's own marks: a union's tag is no key of the file."""
    found: list[int | str] = []
    for part in location[:-1]:
        if isinstance(data, Mapping) and part not in data:
            continue
        found.append(part)
        data = data[part]
    return (*found, *location[-1:])


def _tag_advice(problem: ErrorDetails) -> str:
    context = problem.get("ctx", {})
    if "tag" not in context:
        return f"the key {context['discriminator']} is missing, which says what this is"
    valid = [tag.strip(" '") for tag in context["expected_tags"].split(",")]
    return (
        f"unknown {context['discriminator']} {context['tag']!r}; {nearest(context['tag'], valid)}"
    )


def _short(value: Any) -> str:
    return textwrap.shorten(repr(value), 60, placeholder="...")


def _keys(data: Any, model: type[Model], parents: Sequence[int | str]) -> list[str]:
    """Return the keys that are valid below ``parents``, for advice; empty when not known."""
    for part in parents:
        data = data[part]
        if isinstance(part, str):
            field = next(
                (f for name, f in model.model_fields.items() if part in (name, f.alias)), None
            )
            found = _model_in(field.annotation) if field else None
            if found is None:
                return []
            model = found
    if isinstance(data, Mapping):
        model = model.variant(data)
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[Model] | None:
    """Return the first model named in an annotation such as ``tuple[Upgrade, ...] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    candidates = (_model_in(argument) for argument in getattr(annotation, "__args__", ()))
    return next((found for found in candidates if found is not None), None)


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
