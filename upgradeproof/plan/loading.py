"""Read TOML into frozen models; a wrong file is one error that names its line."""

from __future__ import annotations

import difflib
import os
import textwrap
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from upgradeproof.counting import counted
from upgradeproof.errors import PlanError
from upgradeproof.plan.old_names import Names, with_new_names
from upgradeproof.renamed_keys import renamed

MAX_NAMES = 30
"""How many valid names an error lists if none is similar."""


MAX_PROBLEMS = 10
"""How many problems of a folder or a list an error names."""


class Model(BaseModel):
    """The base of everything that is read from a file: frozen, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @classmethod
    def called(cls) -> str:
        """Return what an error calls a file of this model."""
        return cls.__name__.lower()

    @classmethod
    def variant(cls, data: Mapping[str, Any]) -> type[Model]:  # noqa: ARG003  # for subclasses
        """Return the model that ``data`` would be read into, where there are several kinds."""
        return cls


M = TypeVar("M", bound=Model)


def load(path: Path, model: type[M]) -> M:
    """Return the model that the TOML file holds.

    Raises PlanError, once, with every problem of the file: line, key, what was expected, and the
    nearest valid name where a name is wrong. The old name of a key is a warning.
    """
    text, data = read_toml(path, otherwise="`upgradeproof init` writes a first upgrade.toml")
    content, names = with_new_names(path, text, data, model.called())
    try:
        return model.model_validate(content)
    except ValidationError as error:
        problems = [_explain(names, content, model, problem) for problem in _problems(error)]
        raise PlanError(
            f"{path} is not a valid {model.called()}",
            details="\n".join(f"{path}:{line}: {what}" for line, what in sorted(problems)),
        ) from None


def read_toml(path: Path, *, otherwise: str = "") -> tuple[str, dict[str, Any]]:
    """Return the text of a TOML file, its ends of lines as they are, and what it holds.

    Raises PlanError; ``otherwise`` is what to do where there is no such file.
    """
    try:
        text = path.read_bytes().decode()
        return text, tomllib.loads(text)
    except FileNotFoundError:
        raise PlanError(f"{path}: there is no such file", resolution=otherwise) from None
    except OSError as error:
        raise PlanError(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise PlanError(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from None
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{path} is not TOML: {error}") from None


def checked(data: object, model: type[M], source: str) -> M:
    """Return the model that a table holds which comes from no file, but from ``source``.

    Raises PlanError, once, with every problem of the table.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        table = data if isinstance(data, Mapping) else {}
        names = Names(text="")
        explained = (_explain(names, table, model, problem)[1] for problem in _problems(error))
        problems = [text.removeprefix("the file: ") for text in explained]
        raise PlanError(f"{source} is not valid", details="\n".join(problems)) from None


def located(folder: Path, what: str, *location: int | str) -> PlanError:
    """Return the error of a plan that was read before, with the line of a key."""
    path = folder / "upgrade.toml"
    try:
        text, data = read_toml(path)
        line = Names(text=text, renames=renamed(data, "plan")[1]).line(location)
    except PlanError:  # it was changed after it was read
        line = 1
    where = ".".join(map(str, location))
    return PlanError(f"{path} is not a valid plan", details=f"{path}:{line}: {where}: {what}")


def some_of(problems: Sequence[str]) -> str:
    """Return the first problems, and how many more there are."""
    more = len(problems) - MAX_PROBLEMS
    return "\n".join([*problems[:MAX_PROBLEMS], *([f"and {more} more"] if more > 0 else [])])


def misplaced(what: str, *at: int | str) -> PydanticCustomError:
    """Return the error of a check over several keys; ``at`` is where, below the model it checks."""
    return PydanticCustomError("misplaced", "{what}", {"what": what, "at": at})


def common_prefix(texts: Sequence[str]) -> str:
    """Return what all texts begin with, by character."""
    return os.path.commonprefix(texts)  # noqa: RUF071  # characters are what is meant


def repeated(items: Sequence[object]) -> int | None:
    """Return the index of the first item that occurred before, or None."""
    return next((at for at, item in enumerate(items) if item in items[:at]), None)


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return advice that ends a message about an unknown name."""
    names = sorted(valid)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    if not names:
        return "there is none"
    more = f", and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return f"valid: {', '.join(names[:MAX_NAMES])}{more}"


def _problems(error: ValidationError) -> Iterator[ErrorDetails]:
    """Yield each problem once: pydantic also calls a list too short whose items are wrong."""
    for problem in error.errors():
        short = problem["type"] == "too_short"
        if not short or len(problem["input"]) < problem["ctx"]["min_length"]:
            yield problem


def _explain(
    names: Names, data: Mapping[str, Any], model: type[Model], problem: ErrorDetails
) -> tuple[int, str]:
    """Return the line of a problem and what is wrong there, in the reader's words."""
    context = problem.get("ctx", {})
    tag = [context["discriminator"].strip("'")] if "tag" in context else []
    location = _in_the_file(data, (*problem["loc"], *context.get("at", ()), *tag))
    where = ".".join(str(part) for part in location) or "the file"
    line = names.line(location)
    if problem["type"] == "extra_forbidden":
        *parents, key = location
        return line, f"unknown key {where!r}; {nearest(str(key), _keys(data, model, parents))}"
    if problem["type"] == "missing":
        return line, f"{where!r} is missing"
    if problem["type"].startswith("union_tag"):
        return line, f"{where}: {_tag_advice(context)}"
    message = _message(problem)
    given = (
        ""
        if problem["type"] in ("value_error", "misplaced")
        else f", not {_short(problem['input'])}"
    )
    return line, f"{where}: {message[:1].lower()}{message[1:]}{given}"


def _message(problem: ErrorDetails) -> str:
    """Return what is wrong, in the words of TOML: the models have tuples where it has lists."""
    match problem["type"]:
        case "tuple_type":
            return "input should be a list"
        case "dict_type" | "model_type":
            return "input should be a table"
        case "too_short":
            return f"list should have at least {counted(problem['ctx']['min_length'], 'item')}"
    return problem["msg"].removeprefix("Value error, ")


def _in_the_file(data: Any, location: Sequence[int | str]) -> tuple[int | str, ...]:
    """Return a location without pydantic's own marks: a union's tag is no key of the file."""
    found: list[int | str] = []
    for part in location[:-1]:
        if isinstance(data, Mapping) and part not in data:
            continue
        found.append(part)
        data = data[part]
    return (*found, *location[-1:])


def _tag_advice(context: Mapping[str, Any]) -> str:
    key = context["discriminator"].strip("'")
    if "tag" not in context:
        return f"the key {key!r} is missing, which names the kind"
    valid = [tag.strip(" '") for tag in context["expected_tags"].split(",")]
    return f"unknown {key} {context['tag']!r}; {nearest(context['tag'], valid)}"


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
    fields = model.model_fields.items()
    return [field.alias or name for name, field in fields if not field.exclude]


def _model_in(annotation: Any) -> type[Model] | None:
    """Return the first model named in an annotation such as ``tuple[Upgrade, ...] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    candidates = (_model_in(argument) for argument in getattr(annotation, "__args__", ()))
    return next((found for found in candidates if found is not None), None)
