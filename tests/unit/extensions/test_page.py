"""The page that explains extensions: each of its examples is found and works."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.unit.command_line import upgradeproof
from tests.unit.extensions.conftest import Install, write
from tests.unit.extensions.examples import EXAMPLES
from tests.unit.plugin.project import PLAN
from tests.unit.preflight.situations import situation
from upgradeproof.daemons import daemons
from upgradeproof.distributions import skipped
from upgradeproof.errors import ImageError
from upgradeproof.extensions import File, Kind, Place
from upgradeproof.home import Home
from upgradeproof.imaging import every_source, every_store
from upgradeproof.known import read_known
from upgradeproof.machines.backends import backends
from upgradeproof.plan.steps import Script
from upgradeproof.preflight.base import every_check
from upgradeproof.probes import Facts, ProbeInputs, every_probe
from upgradeproof.render import Options, every_format
from upgradeproof.results import Run

__all__ = ["upgradeproof"]
PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "extend.md").read_text(encoding="utf-8")
SAVED = re.compile(r"Save this as\s`([^`]+)`:\n\n```\w+\n(.*?)^```", re.DOTALL | re.MULTILINE)
FILES = dict(SAVED.findall(PAGE))
MESSAGE = '[[install]]\nstep = "message"\ntext = "it\'s here"\n[[upgrade]]'


@pytest.fixture
def home(project: Path) -> Home:
    """Return a project with every file of the page."""
    plan = PLAN.replace("[[upgrade]]", MESSAGE, 1).replace("example-*", "bookworm-ssh-*")
    write(project, {**FILES, "upgrade.toml": plan})
    return Home(project).open()


def test_the_page_has_an_example_of_every_kind() -> None:
    assert {name.partition("/")[0] for name in FILES} == {
        *(example.folder for example in EXAMPLES),
        "test_hosts.py",
    }
    for folder in {example.folder for example in EXAMPLES}:
        assert f"`upgradeproof.{folder}`" in PAGE


def test_the_probe_and_the_check_of_the_page(home: Home) -> None:
    probe = next(probe for probe in every_probe() if probe.section == "hosts")
    assert probe.script(ProbeInputs()) == "cat /etc/hosts"
    read = probe.parse("# local\n127.0.0.1 localhost box # ours\n\n", ProbeInputs())
    assert {name: record.address for name, record in read.items()} == {
        "localhost": "127.0.0.1",
        "box": "127.0.0.1",
    }
    before = situation()
    check = every_check()["hosts"]
    with_names = before.facts.joined(Facts({"hosts": read}))
    assert [found.id for found in check.findings(before)] == ["hosts/localhost"]
    assert list(check.findings(type(before)(**{**vars(before), "facts": with_names}))) == []


def test_the_step_of_the_page(home: Home) -> None:
    action = home.cells[0].actions("installed")[-1]
    assert isinstance(action, Script)
    assert action.script == "printf '%s\\n' 'it'\"'\"'s here' >/etc/motd"


def test_the_format_of_the_page(home: Home, tmp_path: Path) -> None:
    run = Run(run_id="run", started_at="2026-01-01T00:00:00Z", upgradeproof="0.1.0")
    assert every_format()["lines"].write(run, tmp_path, options=Options()).read_text() == ""


def test_the_backend_the_source_and_the_image_of_the_page(home: Home) -> None:
    assert backends()["hardened"].kind == every_store()["hardened"].machine == "hardened"
    source = every_source()[0]
    assert source.name == "prepared"
    platform = home.cells[-1].platform
    assert platform.id == "bookworm-ssh-amd64.hardened"
    obstacle = source.obstacle(home.imaging().request(platform))
    assert isinstance(obstacle, ImageError)
    assert str(obstacle) == "there is no /srv/images/bookworm-ssh-amd64.tar"


def test_the_data_of_the_page(home: Home) -> None:
    assert daemons(home.root)["beacon"].check == "beacon --check"
    assert read_known((home.root,))["beacon-1-to-2"][0].title == "beacon 1 -> 2"
    assert skipped("ash", "birch") is None
    assert home.plans


def test_the_entry_points_of_the_page(home: Home, install: Install) -> None:
    (toml,) = re.findall(r"```toml\n(\[project.*?)```", PAGE, re.DOTALL)
    groups = tomllib.loads(toml)["project"]["entry-points"]
    points = {
        group: f"{name} = {value}"
        for group, named in groups.items()
        for name, value in named.items()
    }
    install(
        "acme-upgrades",
        points,
        {
            "acme_upgrades/__init__.py": "",
            "acme_upgrades/lines.py": FILES["formats/lines.py"].replace('"lines', '"rows'),
            "acme_upgrades/known/beacon-2-to-3.toml": FILES["known/beacon-1-to-2.toml"],
        },
    )
    assert {"lines", "rows"} <= set(every_format())
    assert "beacon-2-to-3" in read_known((home.root,))


def test_the_error_of_a_file_states_what_to_do() -> None:
    kind = Kind(name="toys", noun="toy", engine="")
    error = File(kind=kind, place=Place.PROJECT, path=Path("a.py")).wrong("it is blue")
    assert str(error) == (
        "a.py is not a valid toy\n"
        "it is blue\n"
        "To do: correct the file; if it is a helper, begin its name with _"
    )
