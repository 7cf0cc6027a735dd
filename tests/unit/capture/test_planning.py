"""From a captured server to its plan, its files and its report."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.capture.examples import ABOUT, captured, entry, images
from tests.unit.stub_programs import with_stub
from upgradeproof.capture import product_name
from upgradeproof.capture.folder import folder_files, twin_of
from upgradeproof.capture.planning import plan_of, route
from upgradeproof.capture.report import report_of
from upgradeproof.capture.sources import sorted_sources
from upgradeproof.errors import PlanError
from upgradeproof.observe.folder import write_folder
from upgradeproof.plan import expand, load_plan
from upgradeproof.plan.steps import UploadTree

GOLDEN = Path(__file__).parent / "golden"
"""The expected files; a person must read each change of them."""
TWIN = twin_of(captured(), boots=False)
WAY = route(ABOUT, images(), to="", machine="container")
GENERATED = {
    "upgrade.toml": plan_of(TWIN, WAY, "web1").encode(),
    "report.md": report_of(TWIN, "Debian 2").encode(),
    **folder_files(TWIN),
}


@pytest.mark.parametrize(
    "name",
    [
        *("upgrade.toml", "report.md", "files.mtree", "apt.mtree", "twin/accounts.sh"),
        *("twin/packages.sh", "twin/choices.sh", "twin/services.sh", "twin/sources.sh"),
        "twin/settle.tsv",
    ],
)
def test_each_file_is_as_expected(name: str) -> None:
    assert GENERATED[name].decode() == (GOLDEN / name.replace("/", "-")).read_text("utf-8")


def test_the_folder_is_a_product_with_a_cell(tmp_path: Path) -> None:
    write_folder(tmp_path / "web1", GENERATED)
    plan = load_plan(tmp_path / "web1" / "upgrade.toml")
    (cell,) = expand([plan], images())
    assert cell.id == "debian-1-amd64.container.web1-1-to-2"
    trees = [a.tree for a in cell.actions("installed") if isinstance(a, UploadTree)]
    names = [
        [os.fsencode(entry.name) for entry in tree.entries() if entry.listed] for tree in trees
    ]
    assert names[1:] == [
        [b"etc/apt/sources.list.d/v.list"],
        [b"etc/caf\xe9 #.conf", b"etc/web", b"etc/web.conf", b"etc/web/link"],
    ]
    owners = {os.fsencode(e.name): (e.user, e.group, e.mode) for e in trees[2].entries()}
    assert owners[b"etc/caf\xe9 #.conf"] == ("web", "root", 0o640)
    assert owners[b"etc/web"] == ("root", "web", 0o750)


MADISON = """\
       web | 2:1.0-1 | http://mirror.example/a two/main Sources
       web | 2:1.0-2 | http://mirror.example/a one/main amd64 Packages
   libweb1 | 1.0-1 | http://mirror.example/a one/main amd64 Packages
base-files | 1.4 | http://mirror.example/a two/main Sources
"""


def test_a_version_of_which_only_the_source_is_offered_is_not_asked_for(tmp_path: Path) -> None:
    script = GENERATED["twin/packages.sh"].decode().partition("# Services start")[0]
    script = script.replace("/opt/upgradeproof/twin", str(tmp_path))
    done = with_stub(tmp_path, "apt-cache", f"cat <<'END'\n{MADISON}END", script)
    assert (tmp_path / "chosen").read_text() == "libweb1=1.0-1\nweb\n"
    assert done.stderr.splitlines() == [
        "base-files=1.4: no archive offers it",
        "web=2:1.0-1: another version is installed",
    ]


def test_the_facts_agree_with_the_files() -> None:
    plain = json.loads(GENERATED["captured.json"])
    assert plain["server"] == "web1"
    assert plain["sections"]["files"]["/etc/web/link"] == "link root:root to ../caf\\xe9"
    assert plain["sections"]["files"]["/etc/plain.conf"] == "file root:root 0644"


def test_a_server_of_another_distribution_is_one_clear_error() -> None:
    about = replace(ABOUT, os={"ID": "fedora", "PRETTY_NAME": "Fedora Linux 41"})
    with pytest.raises(PlanError) as raised:
        route(about, images(), to="", machine="container")
    assert str(raised.value) == (
        "web1 runs Fedora Linux 41, for which there is no image: it can't be captured\n"
        "available: debian-1, debian-10, debian-2, ubuntu-4\n"
        "To do: add a definition of this release to images/: a TOML file with its family, its "
        "codename and a table [bootstrap]"
    )


def test_the_newest_release_has_no_release_to_upgrade_to() -> None:
    about = replace(ABOUT, os={"ID": "debian", "VERSION_CODENAME": "newest"})
    with pytest.raises(PlanError) as raised:
        route(about, images(), to="", machine="container")
    assert raised.value.brief == "there is no image of a release after debian-10"
    assert route(about, images(), to="debian-10", machine="container").new.name == "debian-10"


@pytest.mark.parametrize(
    ("architecture", "machine"), [("arm64", "container"), ("amd64", "vm"), ("riscv64", "container")]
)
def test_a_platform_without_an_image_is_one_clear_error(architecture: str, machine: str) -> None:
    about = replace(ABOUT, architecture=architecture)
    with pytest.raises(PlanError) as raised:
        route(about, images(), to="", machine=machine)
    assert (
        raised.value.brief == f"there is no image of debian old for {architecture} in a {machine}"
    )


def test_an_unknown_image_is_one_clear_error() -> None:
    with pytest.raises(PlanError) as raised:
        route(ABOUT, images(), to="debian-99", machine="container")
    assert raised.value.brief == "there is no image 'debian-99'"


def test_an_upgrade_that_skips_a_release_is_one_clear_error() -> None:
    about = replace(ABOUT, os={"ID": "debian", "VERSION_CODENAME": "bullseye"})
    codenames = {"debian-1": "bullseye", "debian-2": "bookworm", "debian-10": "trixie"}
    there = {
        name: image.model_copy(update={"codename": codenames.get(name, image.codename)})
        for name, image in images().items()
    }
    with pytest.raises(PlanError) as raised:
        route(about, there, to="debian-10", machine="container")
    assert str(raised.value) == (
        "an upgrade from bullseye to trixie (13) skips bookworm (12): of Debian a stable release"
        " is upgraded to the next one only\n"
        "To do: name an image of bookworm with --upgrade-to"
    )
    assert route(about, there, to="", machine="container").new.name == "debian-2"


def test_numbers_of_releases_are_compared_as_numbers() -> None:
    assert WAY.new.name == "debian-2"
    about = replace(ABOUT, os={"ID": "debian", "VERSION_CODENAME": "new"})
    assert route(about, images(), to="", machine="container").new.name == "debian-10"


@pytest.mark.parametrize("name", ["Web1", "web 1", "-web", "x" * 41])
def test_a_folder_whose_name_can_not_name_a_product_is_an_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(PlanError) as raised:
        product_name(tmp_path / name)
    assert str(raised.value) == (
        f"{name!r} can't be the name of a product\n"
        "To do: choose a folder named by lower-case letters, digits and . + ~ _ -"
    )


def test_a_twin_with_a_kernel_of_its_own_has_the_boot_loader() -> None:
    twin = twin_of(captured(), boots=True)
    assert b"grub-pc=2.0\n" in folder_files(twin)["twin/packages.sh"]
    assert "grub-pc" not in report_of(twin, "Debian 2")


def test_a_source_with_a_password_in_its_address_is_recognised_without_it() -> None:
    path = "/etc/apt/sources.list.d/v.sources"
    text = b"Types: deb\nURIs: https://ada:xyzzyx@vendor.example/apt/\nSuites: old\n"
    found = sorted_sources(ABOUT, {path: entry(path, text)})
    assert (found.third_party, found.left_out) == ([path], frozenset())
