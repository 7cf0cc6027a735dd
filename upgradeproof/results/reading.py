"""Read what a run left in files; each wrong file is one HarnessError."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from upgradeproof.errors import HarnessError

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


def parsed(model: type[M], content: bytes, path: Path, kind: str) -> M:
    """Return the model that the bytes of a JSON file hold; ``kind``: what the file should be."""
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise HarnessError(
            f"{path} is not a {kind} of this version", details=f"{where}: {first['msg']}"
        ) from None
