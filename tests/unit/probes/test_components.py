"""The versions of components that commands print."""

from __future__ import annotations

import base64

import pytest

from upgradeproof.probes.components import Components
from upgradeproof.probes.inputs import ProbeInputs

COMMANDS = ProbeInputs(commands=("thing -v", "other --version"))


def line(index: int, status: int, text: str) -> str:
    return f"component\t{index}\t{status}\t{base64.b64encode(text.encode()).decode()}\n"


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ("nginx version: nginx/1.21.3", "1.21.3"),
        ("HAProxy version 2.5.6-0+deb 2022/04/26 - https://haproxy.org/", "2.5.6-0+deb"),
        ("etcd Version: 3.5.2\nGit SHA: 99018a77b\n", "3.5.2"),
        ("Redis server v=6.2.0 sha=00000000:0 malloc=jemalloc-5.2.1", "6.2.0"),
        ("OpenSSL 1.1.1k  25 Mar 2021", "1.1.1k"),
        ("v0.45.0", "0.45.0"),
    ],
)
def test_the_first_printed_version_is_used(output: str, version: str) -> None:
    found = Components.parse(line(0, 0, output), COMMANDS)
    assert {command: printed.version for command, printed in found.items()} == {"thing -v": version}


@pytest.mark.parametrize(
    "output",
    [
        "",
        line(0, 127, "sh: 1: thing: not found 1.2.3"),
        line(0, 0, "no number"),
        line(7, 0, "1.2.3"),
        "component\tx\t0\t\n",
        "component\t0\n",
    ],
)
def test_a_command_that_fails_or_prints_nothing_means_not_installed(output: str) -> None:
    assert Components.parse(output, COMMANDS) == {}


def test_every_command_is_quoted_for_the_shell() -> None:
    script = Components.script(ProbeInputs(commands=("thing 'a b'",)))
    assert "component 0 'thing '\"'\"'a b'\"'\"''" in script
