"""The documentation of field cases matches the code."""

from tests.unit.test_docs import DOCS
from upgradeproof.field_cases.catalogue import Case
from upgradeproof.field_cases.report import Report
from upgradeproof.field_cases.table import WORDS

TEXT = (DOCS / "how-to" / "field-cases.md").read_text(encoding="utf-8")


def test_every_key_of_a_case_is_explained() -> None:
    assert [key for key in Case.model_fields if f"| `{key}` |" not in TEXT] == []


def test_every_word_of_the_table_is_explained() -> None:
    assert [word for word in WORDS.values() if f"| `{word}` |" not in TEXT] == []


def test_every_key_of_the_report_is_explained() -> None:
    keys = {*Report.model_fields, *Report.model_computed_fields}
    assert [key for key in keys if f"| `{key}` |" not in TEXT] == []
