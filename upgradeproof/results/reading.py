"""Read what a run left in files; each wrong file is one HarnessError."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from upgradeproof.errors import HarnessError
from upgradeproof.results.model import Run

M = TypeVar("M", bound=BaseModel)


def run_file(path: Path) -> Path:
    """Return the run.json of a run's folder, or the path itself where it is a file."""
    if path.is_file():
        return path
    file = path / "run.json"
    if file.is_file():
        return file
    cut_off = any(path.glob("journal/*.jsonl"))
    raise HarnessError(
        f"there is no run in {path}",
        details="its journals are there, and run.json is not" if cut_off else "",
        resolution=f"`upgradeproof report {path}` folds them" if cut_off else "run pytest first",
    )


def read_run(path: Path) -> Run:
    """Return the run in a folder or a run.json. Raises HarnessError."""
    file = run_file(path)
    return parse_run(read(file), file)


def parse_run(content: bytes, path: Path) -> Run:
    """Return the run that the bytes of a run.json hold. Raises HarnessError."""
    return parsed(Run, content, path, "run.json")


def read(path: Path) -> bytes:
    """Return the bytes of a file. Raises HarnessError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise HarnessError(f"{path} can't be read: {error.strerror}") from None


def parsed(model: type[M], content: bytes, path: Path, kind: str) -> M:
    """Return the model that the bytes of a JSON file hold; ``kind``: what the file should be.

    Raises HarnessError where they hold none, and where a newer version wrote them: a key that this
    version does not know could change what follows from the file.
    """
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        _check_version(model, content, path)
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise HarnessError(
            f"{path} is not a {kind} of this version", details=f"{where}: {first['msg']}"
        ) from None


def _check_version(model: type[BaseModel], content: bytes, path: Path) -> None:
    """Raise HarnessError where a newer version of upgradeproof wrote the file."""
    try:
        version = json.loads(content)["schema_version"]
        known = model.model_fields["schema_version"].default
    except (ValueError, LookupError, TypeError, RecursionError):
        return
    if isinstance(version, int) and version > known:
        raise HarnessError(
            f"{path} was written by a newer upgradeproof",
            details=f"its schema version is {version}, and this version reads {known}",
            resolution="use the version of upgradeproof that wrote it, or a newer one",
        )


def time_of(text: str) -> datetime:
    """Return a time of run.json. Raises HarnessError for what is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise HarnessError(
            f"{text!r} in run.json is no time", resolution="`upgradeproof report` makes run.json"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def unambiguous(content: bytes) -> Any:
    """Return what JSON holds. Raises ValueError for a key that is there twice, and for no JSON.

    Readers of JSON differ in which of two equal keys counts: such a file would show each another
    content.
    """
    try:
        return json.loads(content, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} is there twice")
    return found
