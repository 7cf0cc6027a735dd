"""The reference of shards.json and of runners.toml is complete."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel

from tests.unit.test_docs import DOCS, rows
from upgradeproof.sharding import Runner, Shard, ShardedCell, Shards
from upgradeproof.sharding.printing import FORMATS


@pytest.mark.parametrize("model", [Shards, Shard, ShardedCell])
def test_reference_of_shards_json_is_complete(model: type[BaseModel]) -> None:
    assert set(rows("shards-json.md", model.__name__)) == set(model.model_fields)


def test_every_key_of_runners_and_every_format_is_explained() -> None:
    text = (DOCS / "how-to" / "shards.md").read_text(encoding="utf-8")
    section = text.partition("## Runners")[2].partition("## Limits")[0]
    keys = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert keys == list(Runner.model_fields)
    assert [name for name in FORMATS if f"`{name}`" not in text] == []
