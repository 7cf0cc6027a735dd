"""A folder with its own catalogue, whose plans never start a machine."""

from __future__ import annotations

from pathlib import Path

from tests.unit.plugin.project import IMAGE, PLAN
from upgradeproof.home import Home

CASE = """
case = "{case}"
title = "the thing forgets its note"
kind = "data lost"
source = ["a report"]
environment = "ctr"
twin = "good"
fault_script = "{shows}"
[[detected_by]]
checks = ["test_data::*"]
message_contains = ["Note", "gone"]
"""
NOISE = """
[[expect.change]]
facts = ["packages/*"]
reason = "every package is replaced"
"""


def plan(name: str) -> str:
    """Return a plan with one cell."""
    text = PLAN.replace('name = "thing"', f'name = "{name}"', 1)
    text = "\n".join(line for line in text.splitlines() if not line.startswith("tags."))
    return text.replace('platforms = ["example-*"]', 'platforms = ["example-*-amd64.*"]') + "\n"


def catalogue(folder: Path, *ids: str, case: str = "", shows: str = "") -> Home:
    """Make a catalogue with cases of these ids, all with the twin `good`."""
    (folder / "images").mkdir()
    (folder / "images" / "example-1.toml").write_text(IMAGE, encoding="utf-8")
    root = folder / "field-cases"
    for id_ in (*ids, "twins/good"):
        (root / id_).mkdir(parents=True)
        name = id_.rpartition("/")[2]
        (root / id_ / "upgrade.toml").write_text(plan(name), encoding="utf-8")
        if id_ != "twins/good":
            text = CASE.format(case=case or id_, shows=shows)
            (root / id_ / "case.toml").write_text(text, encoding="utf-8")
    (root / "noise.toml").write_text(NOISE, encoding="utf-8")
    return Home(folder)
