"""Validate a report against the schema of its format; tests/schemas names their sources."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import FormatChecker
from jsonschema.validators import validator_for

SCHEMAS = Path(__file__).parents[2] / "schemas"


def problems(report: Any, schema: str) -> list[str]:
    """Return the errors of a report by its schema, after a round trip through JSON."""
    loaded = json.loads((SCHEMAS / schema).read_text(encoding="utf-8"))
    validator = validator_for(loaded)(loaded, format_checker=FormatChecker())
    read_back = json.loads(json.dumps(report))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(read_back)]
