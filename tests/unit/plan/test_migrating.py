"""A file gets the new names of its keys, and is otherwise unchanged."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from upgradeproof.errors import PlanError
from upgradeproof.plan.migrating import Migration, kind_of, migration, write_migrations
from upgradeproof.renamed_keys import renamed

OLD = """\
# the product
stays_up_s  =   3 # seconds
name="x"

[[release]]
name = "1"
packages = { least = "1.*" }  # the package of this name
  [[release.component]]
  name = "a"
  "least"="1"   # why
  most = '2'

[[upgrade]]
[[upgrade.left_behind]]   # a comment
facts = ["x"]

[upgrade.expect]
data = [ { id = "a", gives = "x" }, {gives = "b"} ]
disruption = [
  # a comment
  { late_ms = 3, longest_ms = 3 },
]
[[upgrade.expect.endpoint]]
gives = \"\"\"
gives = 1
\"\"\"

[[override]]
inherit.left_behind = "replace"
[override.preflight.cores]
least = 3
[override.preflight]
memory_gb.least = 4
"""
NEW = """\
# the product
min_uptime_s  =   3 # seconds
name="x"

[[release]]
name = "1"
packages = { least = "1.*" }  # the package of this name
  [[release.component]]
  name = "a"
  "min"="1"   # why
  max = '2'

[[upgrade]]
[[upgrade.allowed_changes]]   # a comment
facts = ["x"]

[upgrade.expect]
data = [ { id = "a", equals = "x" }, {equals = "b"} ]
disruption = [
  # a comment
  { answer_timeout_ms = 3, max_downtime_ms = 3 },
]
[[upgrade.expect.endpoint]]
contains = \"\"\"
gives = 1
\"\"\"

[[override]]
inherit.allowed_changes = "replace"
[override.preflight.cores]
min = 3
[override.preflight]
memory_gb.min = 4
"""
INTERLEAVED = """\
[[expect.endpoint]]
gives = "a"   # a
[[expect.data]]
gives = "b"
[[expect.endpoint]]
gives = "c"
"""


def file(folder: Path, text: str, name: str = "upgrade.toml") -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_keys_are_renamed_and_everything_else_is_unchanged(tmp_path: Path, end: str) -> None:
    done = migration(file(tmp_path, OLD.replace("\n", end)))
    assert done.text == NEW.replace("\n", end)
    assert [(line, old.rpartition(".")[2], new) for line, old, new in done.renames] == [
        (2, "stays_up_s", "min_uptime_s"),
        (10, "least", "min"),
        (11, "most", "max"),
        (14, "left_behind", "allowed_changes"),
        (18, "gives", "equals"),
        (18, "gives", "equals"),
        (21, "late_ms", "answer_timeout_ms"),
        (21, "longest_ms", "max_downtime_ms"),
        (24, "gives", "contains"),
        (29, "left_behind", "allowed_changes"),
        (31, "least", "min"),
        (33, "least", "min"),
    ]


def test_a_file_with_new_names_is_not_changed(tmp_path: Path) -> None:
    path = file(tmp_path, NEW)
    done = migration(path)
    assert done == Migration(path=path, text=NEW, renames=())


def test_tables_of_a_list_with_others_in_between_stay_where_they_are(tmp_path: Path) -> None:
    done = migration(file(tmp_path, INTERLEAVED))
    assert done.text == (
        '[[expect.endpoint]]\ncontains = "a"   # a\n[[expect.data]]\nequals = "b"\n'
        '[[expect.endpoint]]\ncontains = "c"\n'
    )


@pytest.mark.parametrize(
    ("name", "text", "new"),
    [
        ("defects/x.toml", 'caught_by = ["a"]\n', 'detected_by = ["a"]\n'),
        (
            "case.toml",
            '[[noticed]]\nwords = ["a"]\n',
            '[[detected_by]]\nmessage_contains = ["a"]\n',
        ),
        ("daemons/x.toml", '[[greeting]]\ngives = "a"\n', '[[greeting]]\ncontains = "a"\n'),
        ("other.toml", "stays_up_s = 1\n", "min_uptime_s = 1\n"),
        ("other.toml", 'caught_by = ["a"]\n', 'caught_by = ["a"]\n'),
    ],
    ids=["defect", "case", "daemon", "plan", "key of another kind"],
)
def test_the_name_of_a_file_determines_its_kind(
    tmp_path: Path, name: str, text: str, new: str
) -> None:
    path = file(tmp_path, text, name)
    assert migration(path).text == new
    assert renamed(tomllib.loads(text), kind_of(path))[0] == tomllib.loads(new)


def test_written_files_keep_their_mode(tmp_path: Path) -> None:
    path = file(tmp_path, OLD)
    path.chmod(0o640)
    write_migrations([migration(path)])
    assert (path.read_text(), path.stat().st_mode & 0o777) == (NEW, 0o640)
    assert [each.name for each in tmp_path.iterdir()] == ["upgrade.toml"]


def test_if_one_file_is_read_only_none_is_written(tmp_path: Path) -> None:
    first, second = file(tmp_path, OLD), file(tmp_path, OLD, "second.toml")
    second.chmod(0o444)
    with pytest.raises(PlanError) as caught:
        write_migrations([migration(first), migration(second)])
    assert str(caught.value).startswith(f"{second} is read-only (mode 0444)")
    assert (first.read_text(), second.read_text()) == (OLD, OLD)


def test_a_table_with_both_names_is_an_error(tmp_path: Path) -> None:
    path = file(tmp_path, "x = 1\nstays_up_s = 1\nmin_uptime_s = 2\n")
    with pytest.raises(PlanError) as caught:
        migration(path)
    assert str(caught.value) == (
        f"{path}:2: the table has 'stays_up_s' and its new name 'min_uptime_s'\n"
        "To do: remove the old name"
    )


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"a b", "PATH is not TOML: Expected '=' after a key in a key/value pair (at line 1,"),
        (b"\xff", "PATH is not UTF-8: invalid start byte at byte 0"),
    ],
    ids=["no TOML", "no UTF-8"],
)
def test_a_file_that_can_not_be_parsed_is_one_error(
    tmp_path: Path, content: bytes, error: str
) -> None:
    path = tmp_path / "upgrade.toml"
    path.write_bytes(content)
    with pytest.raises(PlanError) as caught:
        migration(path)
    assert str(caught.value).replace(str(path), "PATH").startswith(error)


def test_a_file_that_does_not_exist_and_a_folder_are_one_error(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"nothing\.toml: there is no such file$"):
        migration(tmp_path / "nothing.toml")
    with pytest.raises(PlanError, match=r"can't be read: Is a directory$"):
        migration(tmp_path)
