"""The switch of the APT sources: the script that a machine runs is run here on real files."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradeproof.command import run
from upgradeproof.errors import MachineError
from upgradeproof.plan.steps.apt import AptSources

ONE_LINE = """\
# a comment
deb http://archive.example/debian bookworm main
deb [signed-by=/usr/share/keyrings/bookworm.gpg] http://archive.example/debian bookworm main
deb http://archive.example/debian bookworm-updates main
deb http://archive.example/debian-security bookworm-security main
deb http://archive.example/bookworm bookworm-backports main
deb http://vendor.example/apt stable main
"""
DEB822 = """\
Types: deb
URIs: http://archive.example/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main

Types: deb
URIs: http://archive.example/bookworm/
Suites: bookworm-security
 bookworm
Components: main
"""


def switched(folder: Path, old: str, new: str, **files: str) -> dict[str, str]:
    """Run the step's script on copies of the files in /etc/apt; no list is fetched."""
    parts = folder / "sources.list.d"
    parts.mkdir()
    for name, text in files.items():
        (parts / name.replace("_", ".")).write_text(text)
    switch, _ = AptSources(old=old, new=new).actions(Path())
    script = switch.script.replace("/etc/apt", str(folder))
    run(["sh", "-c", script], timeout_s=10)
    return {path.name: path.read_text() for path in parts.iterdir()}


def test_one_line_sources_go_to_the_new_release(tmp_path: Path) -> None:
    assert (
        switched(tmp_path, "bookworm", "trixie", a_list=ONE_LINE)["a.list"]
        == """\
# a comment
deb http://archive.example/debian trixie main
deb [signed-by=/usr/share/keyrings/bookworm.gpg] http://archive.example/debian trixie main
deb http://archive.example/debian trixie-updates main
deb http://archive.example/debian-security trixie-security main
deb http://archive.example/bookworm trixie-backports main
deb http://vendor.example/apt stable main
"""
    )


def test_every_suite_of_a_deb822_source_goes_to_the_new_release(tmp_path: Path) -> None:
    assert (
        switched(tmp_path, "bookworm", "trixie", a_sources=DEB822)["a.sources"]
        == """\
Types: deb
URIs: http://archive.example/debian
Suites: trixie trixie-updates trixie-backports
Components: main

Types: deb
URIs: http://archive.example/bookworm/
Suites: trixie-security
 trixie
Components: main
"""
    )


def test_a_suite_may_contain_a_slash(tmp_path: Path) -> None:
    line = "deb http://archive.example/security buster/updates main\n"
    switch = switched(tmp_path, "buster/updates", "bullseye-security", a_list=line)
    assert switch["a.list"] == "deb http://archive.example/security bullseye-security main\n"


def test_a_suite_is_replaced_only_where_its_whole_name_matches(tmp_path: Path) -> None:
    suites = ("1.2", "132", "1.20", "01.2")
    lines = "".join(f"deb http://vendor.example/apt {suite} main\n" for suite in suites)
    switch = switched(tmp_path, "1.2", "1.3", a_list=lines)
    assert switch["a.list"] == lines.replace(" 1.2 ", " 1.3 ")


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    files = {"a_list": "deb http://archive.example/debian bookworm main\n", "b_txt": "x bookworm y"}
    assert switched(tmp_path, "bookworm", "trixie", **files)["b.txt"] == "x bookworm y"


@pytest.mark.parametrize(
    "files", [{}, {"a_list": "deb http://archive.example/x sid main\n"}], ids=["none", "another"]
)
def test_a_machine_whose_sources_do_not_name_the_release_fails_the_step(
    tmp_path: Path, files: dict[str, str]
) -> None:
    with pytest.raises(MachineError) as caught:
        switched(tmp_path, "bookworm", "trixie", **files)
    assert caught.value.details == "no APT source names bookworm"
