"""Signed indexes of archives, read from the output of the script on a machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

from upgradeproof.probes import diff
from upgradeproof.probes.archive_indexes import ArchiveIndexes, IndexFile
from upgradeproof.probes.base import Facts
from upgradeproof.probes.inputs import ProbeInputs

SUM = "fd7a9b7b17b27521464878a7cdc7bd2e5b5d3fde8ceed3a9b740d5826e028996"
NAME = "a.test_example-security_dists_first-security_InRelease"


def parse(text: str) -> dict[str, IndexFile]:
    return ArchiveIndexes.parse(text, ProbeInputs())


def test_an_index_has_its_checksum_and_its_date() -> None:
    assert parse(
        f"index\t{NAME}\t{SUM}\n"
        f"field\t{NAME}\tLabel\tExample-Security\n"
        f"field\t{NAME}\tSuite\told-security\n"
        f"field\t{NAME}\tDate\tSat, 28 Nov 2026 02:53:00 +0100\n"
    ) == {
        NAME: IndexFile(
            sha256=SUM,
            label="Example-Security",
            suite="old-security",
            date="2026-11-28T01:53:00+00:00",
        )
    }


def test_only_an_archive_of_security_updates_is_one() -> None:
    assert IndexFile(sha256=SUM, suite="first-security").security
    assert not IndexFile(sha256=SUM, suite="first-updates", label="Example").security


def test_an_invalid_date_is_none_and_unknown_lines_are_ignored() -> None:
    found = parse(
        f"field\tearlier\tDate\tx\nindex\t{NAME}\t{SUM}\nfield\t{NAME}\tDate\tnever\nindex\tx\n"
        f"field\t{NAME}\tOther\tx\n"
    )
    assert found == {NAME: IndexFile(sha256=SUM)}


def test_another_snapshot_is_no_difference() -> None:
    old, new = (Facts({"archive_indexes": {NAME: IndexFile(sha256=s * 64)}}) for s in "ab")
    gone = Facts({"archive_indexes": {}})
    assert diff(old, new) == diff(old, gone) == diff(gone, new) == ()


def test_the_script_reads_the_head_of_each_index(tmp_path: Path) -> None:
    (tmp_path / "x_InRelease").write_text(
        "-----BEGIN PGP SIGNED MESSAGE-----\n\nOrigin: Example\n"
        "Date: Sat, 28 Nov 2026 02:53:00 UTC\nSHA256:\n 00 1 Date\nCodename: too-late\n"
    )
    (tmp_path / "y_Release").write_text("Suite: first\n")
    (tmp_path / "y_Packages").write_text("Suite: no\n")
    script = ArchiveIndexes.script(ProbeInputs()).replace("/var/lib/apt/lists", str(tmp_path))
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    found = parse(done.stdout)
    assert {name: (each.origin, each.suite, each.codename) for name, each in found.items()} == {
        "x_InRelease": ("Example", "", ""),
        "y_Release": ("", "first", ""),
    }
    assert found["x_InRelease"].date == "2026-11-28T02:53:00+00:00"
    sums = subprocess.run(
        ["sha256sum", "x_InRelease"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert sums.stdout.startswith(found["x_InRelease"].sha256)


def test_a_machine_without_lists_has_none(tmp_path: Path) -> None:
    script = ArchiveIndexes.script(ProbeInputs()).replace("/var/lib/apt/lists", f"{tmp_path}/none")
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert parse(done.stdout) == {}
