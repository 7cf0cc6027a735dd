"""Upgrades that are interrupted on real machines, by the command that a user runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.machines import ticker
from tests.machines.projects import Ended, Project

Outcomes = list[dict[str, Any]]
APT = "DEBIAN_FRONTEND=noninteractive apt-get -q -y install /opt/ticker_2.deb"
FRAGILE = r"""
d=$(mktemp -d); dpkg-deb -R /opt/ticker_2.deb $d
printf '%s\n' '#!/bin/sh' 'set -e' 'mkdir /opt/migrating' 'sleep 2' 'rmdir /opt/migrating' \
  'systemctl daemon-reload; systemctl restart ticker' >$d/DEBIAN/postinst
dpkg-deb --build -Zgzip $d /opt/ticker_2.deb; rm -r $d
"""
"""A migration that can't be started twice: if it is killed, its lock stays."""


def interrupted(project: Project, *words: str, install: str = "") -> tuple[Ended, Outcomes]:
    plan = ticker.plan(project.token, {"2": ticker.run(APT, 'title = "upgrade"')}, install=install)
    project.write("upgrade.toml", plan)
    ended = project.run("upgradeproof", "interrupt", "*", *words)
    (found,) = Path(project.folder).glob("reports/out/interruptions/*/interruptions.json")
    return ended, json.loads(found.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def unpacking(new_project: Callable[[str], Project]) -> tuple[Ended, Outcomes]:
    return interrupted(new_project("unpacking"), "--at=Unpacking*")


def test_every_fault_interrupts_it_and_it_is_recovered(
    unpacking: tuple[Ended, Outcomes],
) -> None:
    ended, outcomes = unpacking
    assert ended.exit_status == 0, ended.output
    assert [(each["fault"], each["verdict"], each["state"]) for each in outcomes] == [
        ("killed", "passed", "upgraded"),
        ("power-lost", "passed", "upgraded"),
        ("disk-full", "passed", "upgraded"),
    ]
    assert {each["step"] for each in outcomes} == {"Unpacking ticker (amd64)"}


def test_the_table_names_what_recovered_it(unpacking: tuple[Ended, Outcomes]) -> None:
    ended, _ = unpacking
    assert "3 of 3 interruptions recovered" in ended.output
    assert "the upgrade again" in ended.output


def test_without_a_recovery_it_fails_and_reports_what_was_tried(
    new_project: Callable[[str], Project],
) -> None:
    words = ("--at=Configuring*", "--fault=killed")
    ended, (outcome,) = interrupted(new_project("fragile"), *words, install=FRAGILE)
    assert (ended.exit_status, outcome["verdict"]) == (1, "failed"), ended.output
    assert outcome["recovered_by"] == [
        "dpkg --configure -a",
        "apt-get -f install",
        "the upgrade again",
    ]
    assert "dpkg --configure -a: the step 'dpkg --configure -a' failed" in outcome["details"]
    assert "0 of 1 interruptions recovered" in ended.output
