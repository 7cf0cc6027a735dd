"""The overrides of dpkg and what the files have, on text and with a dpkg-statoverride of ours."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.probes.test_scripts import output
from upgradeproof.probes import Facts, ProbeInputs, diff
from upgradeproof.probes.overrides import Override, Overrides


def parsed(*lines: str) -> dict[str, Override]:
    return Overrides.parse("\n".join(lines), ProbeInputs())


def test_an_override_has_what_is_set_and_what_the_file_has() -> None:
    found = parsed(
        "override\troot\tadm\t4750\t/bin/su",
        "file\troot\troot\t4755\t/bin/su",
        "override\troot\t#990\t0750\t/usr/bin/gone",
        "file\troot\troot\t755\t/usr/bin/other",
    )
    assert (found["/bin/su"].sets, found["/bin/su"].has) == ("4750 root:adm", "4755 root:root")
    assert (found["/usr/bin/gone"].sets, found["/usr/bin/gone"].has) == ("0750 root:#990", "")
    assert found.keys() == {"/bin/su", "/usr/bin/gone"}


@pytest.mark.parametrize(
    ("mode", "file", "holds"),
    [
        ("0750", "750 root adm", True),
        ("750", "750 root adm", True),
        ("750", "755 root adm", False),
        ("750", "750 root root", False),
        ("750", "750 acme adm", False),
        ("750", "  ", False),
    ],
)
def test_an_override_holds_if_owner_group_and_mode_are_as_it_sets(
    mode: str, file: str, *, holds: bool
) -> None:
    has, owner, group = file.split(" ")
    found = parsed(f"override\troot\tadm\t{mode}\t/a", f"file\t{owner}\t{group}\t{has}\t/a")["/a"]
    assert found.holds_for(found) is holds


def test_no_override_is_a_change() -> None:
    here, other, none = (
        Facts({"overrides": parsed(*lines)})
        for lines in (["override\ta\tb\t1\t/x"], ["override\ta\tb\t2\t/x"], [])
    )
    assert diff(here, none) == diff(none, here) == diff(here, other) == ()


def test_the_script_looks_at_the_file_behind_linked_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "usr").mkdir()
    (tmp_path / "bin").symlink_to("usr")
    (tmp_path / "usr" / "a b").write_text("")
    (tmp_path / "usr" / "a b").chmod(0o750)
    listed = f"{tmp_path}/bin/a b"
    program = tmp_path / "dpkg-statoverride"
    program.write_text(f"#!/bin/sh\necho '#{os.getuid()} root 0750 {listed}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = Overrides.parse(output(Overrides.script(ProbeInputs())), ProbeInputs())
    assert found[listed].sets == f"0750 #{os.getuid()}:root"
    assert (found[listed].file_owner, found[listed].file_mode) == (f"#{os.getuid()}", "750")
