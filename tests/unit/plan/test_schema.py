"""The JSON Schema for editors: the committed one is current, and agrees with the engine."""

from __future__ import annotations

import io
import json
import tomllib
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.unit.plan.texts import PLAN
from upgradeproof.cli import main
from upgradeproof.plan import json_schema

ROOT = Path(__file__).parents[3]
COMMITTED = ROOT / "docs" / "reference" / "upgrade.schema.json"
PLANS = [
    *sorted(ROOT.glob("products/*/upgrade.toml")),
    ROOT / "upgradeproof" / "starter_templates" / "upgrade.toml",
]


def problems(plan: dict[str, Any]) -> list[str]:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    return [error.message for error in Draft202012Validator(schema).iter_errors(plan)]


def test_the_committed_schema_is_that_of_the_models() -> None:
    """If not: `upgradeproof schema >docs/reference/upgrade.schema.json`."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        assert main(["schema"]) == 0
    assert printed.getvalue() == COMMITTED.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.parent.name)
def test_every_plan_of_the_repository_is_valid_by_the_schema(path: Path) -> None:
    assert problems(tomllib.loads(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"titel": "x"}, "Additional properties are not allowed ('titel' was unexpected)"),
        ({"folder": "x"}, "Additional properties are not allowed ('folder' was unexpected)"),
        ({"name": "A thing"}, "'A thing' does not match '^[a-z0-9][a-z0-9.+~_-]*$'"),
        ({"upgrade": []}, "[] should be non-empty"),
        ({"ready_timeout_s": "1 min"}, "'1 min' is not of type 'number'"),
    ],
)
def test_the_schema_refuses_what_the_engine_refuses(change: dict[str, Any], message: str) -> None:
    assert problems({**tomllib.loads(PLAN), **change}) == [message]


def test_the_schema_has_the_keys_of_each_kind_of_step() -> None:
    spoilt = tomllib.loads(PLAN)
    spoilt["install"][1]["package"] = "nginx"
    assert problems(spoilt)
    del spoilt["install"][1]["package"]
    assert not problems(spoilt)


def test_the_schema_is_json() -> None:
    assert json.loads(COMMITTED.read_text(encoding="utf-8")) == json_schema()
