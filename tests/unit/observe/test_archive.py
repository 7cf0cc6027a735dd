"""Requests to APT, and the interpretation of its answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.observe.machines import AnsweringMachine
from upgradeproof.errors import MachineError, PlanError
from upgradeproof.observe import archive

MADISON = """\
0|       web | 1.9-1 | http://mirror.example/a one/main amd64 Packages
       web | 1.10-1 | http://mirror.example/b one-security/main amd64 Packages
       web | 2.0-1 | http://mirror.example/a two/main Sources
     store | 1:5-1 | http://mirror.example/a one/main amd64 Packages
"""
NAMES = "0|web\nstore\nwebster\n"
PLANNED = """\
0|Reading package lists...
The following packages will be REMOVED:
  libold5 oldtool*
The following NEW packages will be installed:
  libnew6 web-common
  web
The following packages will be upgraded:
  store
3 upgraded, 3 newly installed, 2 to remove and 0 not upgraded.
'http://mirror.example/pool/web.deb' web.deb 100 SHA256:0
"""


def machine(tmp_path: Path, **answers: str) -> AnsweringMachine:
    named = {"madison": MADISON, "showpkg": "0|\n", "pkgnames": NAMES} | answers
    return AnsweringMachine(tmp_path, {key.replace("_", "-"): it for key, it in named.items()})


def test_the_newest_offered_version_is_used(tmp_path: Path) -> None:
    found = archive.offered(machine(tmp_path), ("web", "store", "none"))
    assert found == {"web": "1.10-1", "store": "1:5-1"}


def test_an_unknown_package_is_an_error_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as raised:
        archive.check_names(machine(tmp_path), ("store", "wbe"), "deb-1")
    assert str(raised.value) == "deb-1 has no package 'wbe'; did you mean 'web'?"


def test_an_unknown_package_without_a_similar_name_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as raised:
        archive.check_names(machine(tmp_path), ("zzzzzz",), "deb-1")
    assert str(raised.value) == "deb-1 has no package 'zzzzzz', and no name is similar"


def test_a_virtual_package_is_an_error_that_names_its_providers(tmp_path: Path) -> None:
    shown = "0|Package: httpd\nProvides: \nReverse Provides: \nweb 1 (= )\nother 2 (= )\nweb 3 (= )"
    with pytest.raises(PlanError) as raised:
        archive.check_names(machine(tmp_path, showpkg=shown), ("httpd",), "deb-1")
    assert str(raised.value) == (
        "deb-1 has no package 'httpd': it is virtual, and provided by other, web"
    )


def test_what_would_be_installed_and_removed_is_read_from_apts_plan(tmp_path: Path) -> None:
    asked = machine(tmp_path, print_uris=PLANNED)
    assert archive.installs(asked, ("web",)) == ("libnew6", "web-common", "web")
    assert archive.removed_by_upgrade(asked) == {"libold5", "oldtool"}


def test_the_error_of_packages_that_conflict_quotes_apt(tmp_path: Path) -> None:
    asked = machine(tmp_path, print_uris="100|E: Unable to correct problems")
    with pytest.raises(PlanError) as raised:
        archive.installs(asked, ("web", "store"))
    assert str(raised.value) == (
        "APT can't install web, store\nE: Unable to correct problems\n"
        "To do: name packages that can be installed together"
    )


def test_an_apt_that_does_not_work_is_no_failure_of_the_product(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="APT does not work"):
        archive.offered(machine(tmp_path, madison="100|E: broken"), ("web",))


@pytest.mark.parametrize(("answer", "owner"), [("0|base: /x\n", "base"), ("1|no path", "")])
def test_the_owner_of_a_file_is_read_from_dpkg(tmp_path: Path, answer: str, owner: str) -> None:
    assert archive.owner_of(machine(tmp_path, search=answer), "/x") == owner
