"""Checks that a captured server's twin supplies are added to its plan; the rest is unchanged."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.capture.test_planning import GENERATED
from tests.unit.command_line import Command, project, upgradeproof
from tests.unit.observe.facts import facts, file, package, socket, unit
from tests.unit.observe.machines import AnsweringMachine
from upgradeproof.capture.observing import apart, chosen_files, edited, with_every_port
from upgradeproof.daemons import Daemon
from upgradeproof.observe.configs import candidates
from upgradeproof.observe.services import Seen, new_sockets, workers
from upgradeproof.observe.writing import Entry, Noted
from upgradeproof.plan import Plan

__all__ = ["upgradeproof"]

TEXT = GENERATED["upgrade.toml"].decode()
NOT_IN_THE_TWIN = "\n# Not in the twin:\n"
ENDPOINT = Entry(
    keys={"id": "web", "port": 7777, "kind": "http", "status": Noted(value=403)}, source="asked"
)
DATA = Entry(keys={"id": "store", "write": "w", "read": "r", "equals": "x", "mask": ()})
CONFIG = Entry(keys={"path": "/etc/new.conf", "format": "ini", "check": "web -t", "change": ""})


def plan(text: str = TEXT) -> Plan:
    return Plan.model_validate(tomllib.loads(text))


def known(path: str, check: str) -> Entry:
    return Entry(keys={"path": path, "format": "", "check": check, "change": ""})


def test_tables_are_added_before_the_list_of_what_the_twin_does_not_have() -> None:
    found: Mapping[str, tuple[Entry, ...]] = {
        "config": (CONFIG,),
        "endpoint": (ENDPOINT,),
        "data": (DATA,),
    }
    text, added, left_out = edited(TEXT, plan(), found)
    assert added == [
        "[[expect.config]] /etc/new.conf ini web -t",
        "[[expect.endpoint]] web http 7777",
        "[[expect.data]] store",
    ]
    assert left_out == []
    new = (
        '\n[[expect.config]]\npath = "/etc/new.conf"\nformat = "ini"\ncheck = "web -t"\n'
        '\n# asked\n[[expect.endpoint]]\nid = "web"\nport = 7777\nkind = "http"\nstatus = 403\n'
        '\n[[expect.data]]\nid = "store"\nwrite = "w"\nread = "r"\nequals = "x"\n'
    )
    assert text == TEXT.replace(NOT_IN_THE_TWIN, f"{new}{NOT_IN_THE_TWIN}")
    assert edited(text, plan(text), found) == (text, [], [])


def test_a_file_of_the_plan_gets_the_check_of_its_daemon() -> None:
    text, added, _ = edited(TEXT, plan(), {"config": (known("/etc/web.conf", "web -t"),)})
    line = 'path = "/etc/web.conf"\n'
    assert text == TEXT.replace(line, f'{line}check = "web -t"\n')
    assert added == ["[[expect.config]] /etc/web.conf: check = web -t"]


def test_a_check_of_the_plan_stays() -> None:
    own = TEXT.replace('path = "/etc/web.conf"\n', 'path = "/etc/web.conf"\ncheck = "mine"\n')
    found = {"config": (known("/etc/web.conf", "web -t"),)}
    assert edited(own, plan(own), found) == (own, [], [])


def test_a_check_that_can_not_be_added_is_left_out() -> None:
    start = TEXT.index("# Edited: it differs")
    inline = TEXT[:start].replace("[expect]\n", '[expect]\nconfig = [{ path = "/etc/web.conf" }]\n')
    found = {"config": (known("/etc/web.conf", "web -t"),)}
    assert edited(inline, plan(inline), found) == (
        inline,
        [],
        [
            (
                "[[expect.config]] /etc/web.conf web -t: check can't be added to [[expect.config]],"
                " which has no lines of its own"
            )
        ],
    )


def test_every_port_is_published_once() -> None:
    text = f"{TEXT}\n[[expect.port]]\nport = 7778\n[[expect.port]]\nport = 7779\nprotocol = 'udp'\n"
    text += '[[expect.endpoint]]\nid = "own"\nkind = "http"\nport = 7777\n'
    found = with_every_port(plan(text)).expect.endpoint
    assert [(each.id, each.port) for each in found] == [("own", 7777), ("port-7778", 7778)]


def test_packages_and_files_of_the_server_alone_are_listed_separately() -> None:
    services = {
        "web.service": unit("web"),
        "systemd-journald.service": unit("systemd"),
        "man-db.timer": unit("man-db"),
    }
    sockets = {
        "tcp/0.0.0.0:7777": socket(7777, "webd", "web.service"),
        "tcp/0.0.0.0:5355": socket(5355, "systemd-resolve", "systemd-resolved.service"),
    }
    files = {
        "/etc/web/site.conf": file("web"),
        "/etc/web/local.conf": file(),
        "/etc/pam.d/login": file("login"),
        "/etc/pam.d/edited": file("login", edited=True),
        "/etc/ssl/private/key": file(),
    }
    twin = facts(
        packages={"web": package("1", runs=("web.service",)), "login": package("1")},
        services=services,
        sockets=sockets,
        files=files,
    )
    seen = apart(twin, twin, {("tcp", 7777)})
    assert workers(seen) == ("web.service",)
    assert list(new_sockets(seen)) == [("tcp", 7777)]
    assert candidates(seen) == ("/etc/pam.d/edited", "/etc/web/local.conf", "/etc/web/site.conf")


def daemon(name: str) -> Daemon:
    return Daemon.model_validate(
        {
            "title": name.title(),
            "units": [f"{name}.service"],
            "needs": name,
            "packages": [name],
            "dump": {"command": name, "files": [f"/etc/{name}/*"]},
        }
    )


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ((), ("/etc/web/local.conf", "/etc/web/edited.conf", "/etc/mail/a.conf")),
        (("/etc/mail/main.conf",), ("/etc/web/local.conf", "/etc/web/edited.conf")),
    ],
    ids=["a daemon without such a file gets its first one", "a file of the plan is enough"],
)
def test_files_that_an_administrator_wrote_are_chosen(
    tmp_path: Path, named: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    files = {
        "/etc/web/local.conf": file(),
        "/etc/web/edited.conf": file("web", edited=True),
        "/etc/web/plain.conf": file("web"),
        "/etc/web/key.pem": file(),
        "/etc/mail/a.conf": file("mail"),
        "/etc/mail/b.conf": file("mail"),
    }
    units = {"web.service": unit("web"), "mail.service": unit("mail")}
    twin = facts(services=units, files=files)
    seen = Seen(bare=facts(), installed=twin, booted=twin)
    machine = AnsweringMachine(tmp_path, {"grep -lsE": "0|/etc/web/key.pem\n"})
    known = {name: daemon(name) for name in ("web", "mail", "absent")}
    assert tuple(chosen_files(machine, seen, tuple(files), named, known)) == expected


def test_only_the_plan_of_a_captured_server_is_extended(
    upgradeproof: Command, tmp_path: Path
) -> None:
    project(tmp_path)
    done = upgradeproof("observe", ".")
    assert (done.status, done.err) == (
        2,
        (
            "upgradeproof: upgrade.toml is not the plan of a captured server\n"
            "To do: `upgradeproof init PACKAGE...` observes packages\n"
        ),
    )


def test_a_folder_without_a_plan_is_one_clear_error(upgradeproof: Command) -> None:
    assert upgradeproof("observe", "products/web1").err == (
        "upgradeproof: products/web1/upgrade.toml: there is no such file\n"
        "To do: `upgradeproof capture` makes the folder and its plan of a live server;"
        " `upgradeproof init PACKAGE` observes a package without one\n"
    )


def test_a_plan_that_is_read_only_is_refused_before_a_machine_starts(
    upgradeproof: Command, tmp_path: Path
) -> None:
    project(tmp_path)
    path = tmp_path / "upgrade.toml"
    path.write_text(path.read_text().replace("[[release]]", 'captured = "c"\n[[release]]', 1))
    (tmp_path / "c").write_text("{}")
    path.chmod(0o444)
    assert upgradeproof("observe", ".").err.startswith(
        "upgradeproof: upgrade.toml is read-only (mode 0444), and nothing was written\n"
    )
