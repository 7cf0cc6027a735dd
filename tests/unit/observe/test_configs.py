"""Configuration files: which of them a plan names, their format, and the check of their daemon."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.observe.facts import SEEN
from tests.unit.observe.machines import AnsweringMachine
from upgradeproof.daemons import Daemon
from upgradeproof.observe import configs
from upgradeproof.plan.expectations import ConfigFormat
from upgradeproof.probes.config_reads import ConfigReads

DAEMON = Daemon(
    title="The database",
    units=("db.service",),
    needs="dbd",
    packages=("db",),
    check="dbd -t -f /etc/db/plain.conf",
)
PATHS = ("/etc/db/15/main.conf", "/etc/db/edited.conf", "/etc/db/plain.conf")


@pytest.mark.parametrize(
    ("path", "content", "format_name"),
    [
        ("/a.json", '{"a": 1}', "json"),
        ("/a.json", "{broken", "text"),
        ("/a.yml", "a: 1\n", "yaml"),
        ("/a.toml", "a = 1\n", "toml"),
        ("/a.cnf", "# x\n[mysqld]\nport = 1\n", "ini"),
        ("/default/a", "# x\nA=1\nexport B='2 3'\n", "env"),
        ("/a.conf", "port 6379\nbind 127.0.0.1 ::1\n", "keyvalue"),
        ("/a.conf", "max_connections = 100\n; x\n", "keyvalue"),
        ("/a.conf", "http {\n  server { listen 80; }\n}\n", "text"),
        ("/a.conf", "-m 64\n-l 127.0.0.1\n", "text"),
        ("/a.conf", "# nothing but a comment\n", "text"),
        ("/a.conf", "", "text"),
        ("/a.conf", "\xff\xfe = 1\n", "text"),
    ],
)
def test_the_format_is_that_of_every_line(
    path: str, content: str, format_name: ConfigFormat
) -> None:
    assert configs.format_of(path, content.encode("latin-1")) == format_name


def test_files_of_the_system_and_of_other_packages_are_no_candidates() -> None:
    assert configs.candidates(SEEN) == (
        "/etc/db.conf",
        "/etc/db/15/main.conf",
        "/etc/db/changed.conf",
        "/etc/db/edited.conf",
        "/etc/db/plain.conf",
    )


def test_only_files_that_are_read_at_the_start_are_named(tmp_path: Path) -> None:
    output = "read\t1\nunread\t0\nfixed\t3\n"
    framed = f"0|{ConfigReads.section} 0 {len(output)} 0\n{output}"
    machine = AnsweringMachine(tmp_path, {"systemctl restart db-clean.timer db.service": framed})
    assert configs.read_at_start(machine, SEEN) == ("/etc/db/15/main.conf",)


def test_a_file_is_expected_unchanged_unless_it_is_the_packages_version(tmp_path: Path) -> None:
    for path in PATHS:
        target = tmp_path / path.removeprefix("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("port = 1\n")
    machine = AnsweringMachine(tmp_path, {"dbd -t": "0|fine"})
    own, edited, plain = configs.configs(machine, SEEN, PATHS, {"db": DAEMON})
    assert own.keys == {"path": PATHS[0], "format": "keyvalue", "check": "", "change": ""}
    assert own.source == "a service reads it at its start; of no package"
    assert (edited.keys["change"], edited.source) == (
        "",
        "a service reads it at its start; edited",
    )
    assert (plain.keys["change"], plain.keys["check"]) == ("migrated", DAEMON.check)
    assert plain.source == (
        "a service reads it at its start; unchanged from db-common\n" + configs.MIGRATED
    )


def test_a_check_that_rejects_the_present_configuration_is_left_out(tmp_path: Path) -> None:
    machine = AnsweringMachine(tmp_path, {"dbd -t": "1|no such file"})
    tables = configs.configs(machine, SEEN, PATHS, {"db": DAEMON})
    assert [table.keys["check"] for table in tables] == ["", "", ""]


@pytest.mark.parametrize("check", ["dbd -t $UNIT", "a\nb", ""])
def test_a_check_that_is_no_single_command_is_not_in_the_plan(tmp_path: Path, check: str) -> None:
    machine = AnsweringMachine(tmp_path, {"": "0|"})
    daemon = DAEMON.model_copy(update={"check": check})
    tables = configs.configs(machine, SEEN, PATHS, {"db": daemon})
    assert [table.keys["check"] for table in tables] == ["", "", ""]


def test_files_beyond_the_maximum_are_listed_separately() -> None:
    paths = [f"/etc/a/{number}" for number in range(configs.MAXIMUM_FILES + 2)]
    named, more = configs.chosen(paths)
    assert (len(named), more) == (configs.MAXIMUM_FILES, ("/etc/a/16", "/etc/a/17"))
