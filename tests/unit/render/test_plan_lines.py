from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from upgradeproof.render.plan_lines import Place, PlanLines
from upgradeproof.results import Cell, Run
from upgradeproof.results.declared import PlanFile

PLAN = '''name = "thing"
[[release]]
name = "1"
packages = { nginx = "1", redis-server = "6" } # etcd
[[upgrade]]
from = "1"
to = "2"
[[upgrade.steps]]
step = "run"
script = """
[[upgrade]]
"""
[[upgrade]]
from = "1"
via = ["2"]
to = "3"
[expect]
services = [
    "nginx", # the proxy
    "etcd",
]
[expect.ports]
tcp = [80, 9100]
'''
CELL = Cell(id="p.thing-1-to-2", platform="p", upgrade="thing-1-to-2", product="thing")
LATER = Cell(id="p.u", platform="p", upgrade="thing-1-to-2-to-3", product="thing")


def lines(root: Path | None, path: str = "upgrade.toml", content: str = PLAN) -> PlanLines:
    digest = hashlib.sha256(content.encode()).hexdigest()
    plan = PlanFile(product="thing", path=path, sha256=digest)
    run = Run(run_id="r", started_at="", upgradeproof="0", plans=(plan,))
    return PlanLines(run, root)


@pytest.mark.parametrize(
    ("check", "line"),
    [
        ("s::test_service_is_active[nginx]", 19),
        ("s::test_service_is_active[etcd]", 20),
        ("s::test_package[redis-server]", 4),
        ("s::test_port[tcp-9100]", 23),
        ("s::test_service_is_active[redis]", 5),
        ("s::test_service_is_active[.*]", 5),
        ("s::test_upgrade_completes", 5),
    ],
)
def test_the_line_that_declares_a_check(tmp_path: Path, check: str, line: int) -> None:
    (tmp_path / "upgrade.toml").write_text(PLAN)
    assert lines(tmp_path).find(CELL, check) == Place(path="upgrade.toml", line=line)


def test_each_upgrade_has_its_line(tmp_path: Path) -> None:
    (tmp_path / "upgrade.toml").write_text(PLAN)
    found = lines(tmp_path).find(LATER, "s::test_upgrade_completes")
    assert found == Place(path="upgrade.toml", line=13)


def test_a_changed_or_removed_plan_has_no_line(tmp_path: Path) -> None:
    assert lines(tmp_path).find(CELL, "s::test_a") == Place(path="upgrade.toml", line=None)
    (tmp_path / "upgrade.toml").write_text(PLAN + "# changed")
    assert lines(tmp_path).find(CELL, "s::test_a") == Place(path="upgrade.toml", line=None)
    assert lines(None).find(CELL, "s::test_a") == Place(path="upgrade.toml", line=None)


def test_no_file_outside_the_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "upgrade.toml").write_text(PLAN)
    inside = tmp_path / "inside"
    inside.mkdir()
    for path in ("../upgrade.toml", str(tmp_path / "upgrade.toml")):
        assert lines(inside, path).find(CELL, "s::test_a") == Place(path=path, line=None)


def test_a_product_without_a_plan_has_no_place(tmp_path: Path) -> None:
    other = CELL.model_copy(update={"product": "other"})
    assert lines(tmp_path).find(other, "s::test_a") is None


def test_for_a_plan_that_is_not_toml_the_first_line_is_used(tmp_path: Path) -> None:
    (tmp_path / "upgrade.toml").write_text("name = ")
    found = lines(tmp_path, content="name = ").find(CELL, "s::test_a")
    assert found == Place(path="upgrade.toml", line=1)
