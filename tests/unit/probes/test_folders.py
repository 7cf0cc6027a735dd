"""The free space of folders, and the speed of their storage."""

from __future__ import annotations

import base64

import pytest

from upgradeproof.probes.folders import Folder, Folders
from upgradeproof.probes.inputs import ProbeInputs

NAMED = ProbeInputs(folders=("/", "/var/thing"))


def parse(output: str) -> dict[str, Folder]:
    return Folders.parse(output, NAMED)


def test_a_folder_is_read_with_its_free_space() -> None:
    output = (
        "bytes\t1\toverlay 270553174016 30177460224 78766833664      28% /\n"
        "inodes\t1\toverlay      16777216 514089 16263127      4% /\n"
        "type\t1\toverlayfs\n"
    )
    assert parse(output) == {
        "/": Folder(),
        "/var/thing": Folder(
            file_system="overlayfs",
            total_bytes=270553174016,
            available_bytes=78766833664,
            available_inodes=16263127,
        ),
    }


def test_a_source_with_blanks_hides_nothing() -> None:
    output = "bytes\t0\t//server/my share 100 40 60 40% /srv/my files\n"
    assert parse(output)["/"].available_bytes == 60


@pytest.mark.parametrize("inodes", ["tmpfs - - - - /", "btrfs 0 0 0 - /", ""])
def test_inodes_that_are_not_counted_are_unknown(inodes: str) -> None:
    assert parse(f"inodes\t0\t{inodes}\n")["/"].available_inodes is None


def test_the_result_of_fio_is_read() -> None:
    report = base64.b64encode(b'{"jobs": [{"write": {"iops": 312.417}}]}').decode()
    assert parse(f"fio\t1\t{report}\n")["/var/thing"].write_iops == 312.4


@pytest.mark.parametrize(
    "output", [b"", b"[]", b"{}", b'{"jobs": []}', b'{"jobs": [{"write": 1}]}']
)
def test_values_that_fio_did_not_print_are_unknown(output: bytes) -> None:
    line = f"fio\t1\t{base64.b64encode(output).decode()}\n"
    assert parse(line)["/var/thing"].write_iops is None


def test_lines_of_another_format_are_ignored() -> None:
    assert parse("bytes\t0\tnot df\nbytes\t9\tx 1 1 1 1% /\nbytes\n\n") == {
        "/": Folder(),
        "/var/thing": Folder(),
    }


def test_storage_is_measured_only_where_the_plan_requires_it() -> None:
    assert "fio" not in Folders.script(NAMED)
    asked = Folders.script(ProbeInputs(folders=("/", "/var/thing"), measured_folder="/var/thing"))
    assert asked.count("fio --name") == 1
    assert asked.splitlines()[-2:] == ["measure 1 /var/thing", ":"]
