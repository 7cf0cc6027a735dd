"""The documentation of defects, of their table and of defects.json matches the code."""

from __future__ import annotations

import json
import re

import pytest
from pydantic import BaseModel

from tests.unit.test_docs import DOCS, REFERENCE, blocks, keys, rows, words
from upgradeproof.defects.detection import Detection, GoodCell, Totals, Tried
from upgradeproof.defects.judgement import Sighting
from upgradeproof.defects.table import WORDS
from upgradeproof.plan.defects import Defect

MODELS: tuple[type[BaseModel], ...] = (Detection, Tried, GoodCell, Sighting, Totals)
HOW_TO = DOCS / "how-to" / "new-defect.md"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model.__name__))
def test_reference_of_defects_json_is_complete(model: type[BaseModel]) -> None:
    table = rows("defects-json.md", model.__name__)
    assert set(table) == {*model.model_fields, *model.model_computed_fields}
    for name, field in model.model_fields.items():
        assert words(field.annotation) <= set(re.findall(r"\w+", table[name][1])), name


def test_example_of_defects_json_is_a_detection() -> None:
    (example,) = blocks(REFERENCE / "defects-json.md", "json")
    found = Detection.model_validate_json(example)
    assert found.good
    assert json.loads(example)["totals"] == found.totals.model_dump()


def test_every_word_of_the_detection_table_is_explained() -> None:
    text = HOW_TO.read_text(encoding="utf-8")
    assert [word for word in WORDS.values() if f"| `{word}` |" not in text] == []


def test_every_key_of_a_defect_is_explained() -> None:
    text = HOW_TO.read_text(encoding="utf-8")
    assert [key for key in keys(Defect) if f"| `{key}` |" not in text] == []
