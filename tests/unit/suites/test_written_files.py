"""A file that the services of the new release leave open to more users is named."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import cast

import pytest

from suites.test_written_files import test_written_files_are_open_to_no_more_users as check
from tests.unit.suites.machines import LocalMachine, PrintingMachine
from tests.unit.suites.states import container
from upgradeproof.machines import Machine
from upgradeproof.runner import InUse, State
from upgradeproof.runner.written import files_next_to, opened_up, written_files

SPOOL = "/srv/app/2026.spool"


def listing(mode: str, path: str) -> PrintingMachine:
    return PrintingMachine(f"file\t{mode}\t{path}\n", "find")


def on(machine: PrintingMachine) -> State:
    data = {"id": "item", "write": "set-item a", "read": "get-item", "equals": "a"}
    return container(machine, expect={"data": [data]})


def test_a_file_that_all_users_may_write_is_reported() -> None:
    old, new = on(listing("600", "/srv/app/2025.spool")), on(listing("666", SPOOL))
    with pytest.raises(AssertionError) as caught:
        check(old, new, InUse(new))
    text = str(caught.value).partition("\nassert ")[0]
    assert text == f"all users may write {SPOOL} (mode 0666)"
    check(new, new, InUse(new))


def test_the_data_is_written_before_the_files_are_read() -> None:
    machine = listing("600", SPOOL)
    check(on(machine), on(machine), InUse(on(machine)))
    scripts = "\n".join(machine.scripts)
    assert -1 < scripts.find("set-item") < scripts.find("find /etc")


@pytest.mark.parametrize(
    ("before", "after", "any_bit", "words"),
    [
        ({}, {SPOOL: 0o644}, True, ""),
        ({}, {SPOOL: 0o622}, False, "all users may write"),
        ({SPOOL: 0o640}, {SPOOL: 0o644}, True, "is 0644, and was 0640"),
        ({SPOOL: 0o640}, {SPOOL: 0o644}, False, ""),
        ({SPOOL: 0o644}, {SPOOL: 0o600}, True, ""),
        ({SPOOL: 0o600, "/srv/app/2025.spool": 0o644}, {SPOOL: 0o644}, True, ""),
    ],
)
def test_only_what_more_users_may_do_counts(
    before: dict[str, int], after: dict[str, int], any_bit: bool, words: str
) -> None:
    found = opened_up(before, after, any_bit=any_bit)
    assert (words in found[SPOOL]) if words else not found


def test_the_files_of_a_folder_are_read(tmp_path: Path) -> None:
    new, old, link = tmp_path / "new file", tmp_path / "below/old", tmp_path / "link"
    old.parent.mkdir()
    for path in (new, old):
        path.touch()
        path.chmod(0o640)
    link.symlink_to(new)
    subprocess.run(["/usr/bin/touch", "-d", "2 days ago", old], check=True)
    machine = cast("Machine", LocalMachine(__srv__app=tmp_path))
    assert written_files(machine, ("/srv/app",)) == {"/srv/app/new file": 0o640}
    assert files_next_to(machine, ["/srv/app/below/other"]) == {"/srv/app/below/old": 0o640}
    assert files_next_to(machine, []) == {}
