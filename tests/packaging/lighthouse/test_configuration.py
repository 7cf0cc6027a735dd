"""Lighthouse's configuration: checked with clear error codes, migrated and restored."""

from __future__ import annotations

import dataclasses
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.lighthouse.conftest import Load, Unpacked
from upgradeproof.command import Completed, run

OLD = """\
; edited by an administrator
[api]
port = 30099

[store]
# Agreed with the storage team.
quota_mb = 512
[log]
level = debug
[components]
nginx = 1.21.3
[backend]
url = http://127.0.0.1:8090
[alert]
webhook = http://127.0.0.1:9099/alerts
"""
NEW = """\
format = "2023Q4"

# edited by an administrator
[api]
port = 30099

[store]
# Agreed with the storage team.
quota_mb = 512
[log]
level = "debug"
[components]
nginx = "1.21.3"
[backend]
url = "http://127.0.0.1:8090"
[alert]
webhook = "http://127.0.0.1:9099/alerts"
"""


@pytest.fixture
def check(unpacked: Unpacked, tmp_path: Path) -> Callable[..., Completed]:
    """Return a function that checks a configuration by a release's `lighthouse-config-check`."""

    def checked(release: str, text: str, variables: str = "", *words: str) -> Completed:
        (tmp_path / "lighthouse.conf").write_text(text)
        (tmp_path / "lighthouse").write_text(variables)
        folder = unpacked(release)
        argv = [
            *(sys.executable, "-B", str(folder / "usr/bin/lighthouse-config-check")),
            *("--config", str(tmp_path / "lighthouse.conf")),
            *("--environment", str(tmp_path / "lighthouse"), *words),
        ]
        env = {"PYTHONPATH": str(folder / "usr/lib/lighthouse")}
        return run(argv, timeout_s=30, env=env, check=False)

    return checked


def printed(done: Completed) -> str:
    return done.stderr.decode().strip()


def test_the_old_format_becomes_the_new_one_and_comments_stay(load: Load) -> None:
    assert load("formats").to_new(OLD) == NEW


def test_the_new_format_is_toml(load: Load) -> None:

    formats = load("formats")
    flat = {
        f"{section}.{key}": str(value)
        for section, values in tomllib.loads(NEW).items()
        if section != "format"
        for key, value in values.items()
    }
    assert formats.settings(NEW) == formats.settings(OLD) == flat


def lighthouse_conf(load: Load, folder: Path) -> Any:
    """Return the document of lighthouse.conf, in a folder of the test."""
    (found,) = (d for d in load("migration").documents() if d.path.name == "lighthouse.conf")
    return dataclasses.replace(found, path=folder / "lighthouse.conf")


@pytest.mark.parametrize("edit", ["", "# another line\n", "[api]\nlisten = 127.0.0.1\n"])
def test_a_rollback_restores_the_original(load: Load, tmp_path: Path, edit: str) -> None:
    document, formats = lighthouse_conf(load, tmp_path), load("formats")
    document.path.write_text(OLD + edit)
    document.path.chmod(0o640)
    assert document.migrate(tmp_path / "originals")
    assert formats.format_of(document.path.read_text()) == "2023Q4"
    assert not document.migrate(tmp_path / "originals"), "a migrated file is not migrated again"
    assert document.restore(tmp_path / "originals")
    assert document.path.read_text() == OLD + edit
    assert document.path.stat().st_mode & 0o777 == 0o640
    assert list((tmp_path / "originals").iterdir()) == []


def test_a_rollback_preserves_edits_of_the_new_format(load: Load, tmp_path: Path) -> None:
    document, formats = lighthouse_conf(load, tmp_path), load("formats")
    document.path.write_text(OLD)
    document.migrate(tmp_path / "originals")
    document.path.write_text(NEW.replace('level = "debug"', 'level = "error"'))
    document.restore(tmp_path / "originals")
    found = document.path.read_text()
    assert formats.settings(found) == {**formats.settings(OLD), "log.level": "error"}
    assert formats.format_of(found) == "ini"


def test_variables_get_the_new_prefix_and_keep_their_values(load: Load) -> None:
    renamed = load("environment").renamed
    text = "# LVS_X stays in a comment\nLVS_NODE_NAME=LVS_7\nexport LVS_ZONE=a\nHOME=/\n"
    there = renamed(text, "LVS", "K8S")
    assert there == "# LVS_X stays in a comment\nK8S_NODE_NAME=LVS_7\nexport K8S_ZONE=a\nHOME=/\n"
    assert renamed(there, "K8S", "LVS") == text


def test_each_release_accepts_its_own_format(check: Callable[..., Completed]) -> None:
    assert printed(check("1.2.7", OLD, "LVS_ZONE=a\n")) == ""
    assert printed(check("1.2.8", NEW, "K8S_ZONE=a\n")) == ""
    assert printed(check("1.3.0", NEW, "K8S_ZONE=a\n")) == ""


@pytest.mark.parametrize(
    ("text", "variables", "words"),
    [
        (OLD, "", "is in the format 'ini', and Lighthouse 1.2.8 reads '2023Q4'"),
        (NEW, "LVS_ZONE=a\n", "names LVS_*, and Lighthouse 1.2.8 reads K8S_*"),
        (NEW.replace("30099", "9100"), "", "api.port and metrics.agent_port are both 9100"),
        (NEW.replace("30099", "0"), "", "api.port = 0 is no number from 1 to 65535"),
        (NEW.replace("quota_mb", "quota"), "", "there is no setting 'store.quota'"),
        (NEW.replace('"debug"', "debug"), "", "line 11: debug is no number, no boolean and no"),
        (NEW.replace('"debug"', '"loud"'), "", "log.level = loud is none of debug, info,"),
        (NEW.replace("http:", "ftp:", 1), "", "backend.url = ftp://127.0.0.1:8090 is no URL like"),
        (NEW.replace(":8090", ":80900"), "", "backend.url = http://127.0.0.1:80900 is no URL"),
        (NEW.replace(":8090", ":8090\\nX: y"), "", "is no URL like http://127.0.0.1:8090/"),
        (NEW.replace("127.0.0.1:9099", "me:secret@x"), "", "alert.webhook = http://me:secret@x"),
        (NEW + "what?\n", "", "line 18: neither [section] nor key = value"),
    ],
)
def test_a_conflict_is_e1001(
    check: Callable[..., Completed], text: str, variables: str, words: str
) -> None:
    done = check("1.2.8", text, variables)
    assert printed(done).startswith("E1001: configuration conflict: ")
    assert words in printed(done)
    assert done.exit_status == 10


@pytest.mark.parametrize(
    ("component", "version", "allowed"),
    [
        ("nginx", "1.21.1", True),
        ("nginx", "1.21.9", True),
        ("nginx", "1.21.0", False),
        ("nginx", "1.21.10", False),
        ("haproxy", "2.5.6", True),
        ("haproxy", "2.5.7", False),
        ("etcd", "3.5.0", True),
        ("etcd", "3.5.5", False),
        ("etcd", "new", False),
        ("varnish", "7.0", False),
    ],
)
def test_a_component_outside_its_range_is_e1102(
    check: Callable[..., Completed], component: str, version: str, allowed: bool
) -> None:
    done = check("1.2.8", NEW.replace('nginx = "1.21.3"', f'{component} = "{version}"'))
    assert done.exit_status == (0 if allowed else 11)
    assert (printed(done) == "") is allowed
    assert allowed or printed(done).startswith(f"E1102: version incompatible: {component} ")


@pytest.mark.parametrize(
    ("cpus", "memory_gb", "enough"), [(8, 16, True), (7, 16, False), (8, 15, False)]
)
def test_too_small_a_machine_is_e1203(load: Load, cpus: int, memory_gb: int, enough: bool) -> None:
    problems = [*load("check").check_resources(cpus, memory_gb * 1024 * 1024)]
    text = (
        f"E1203: not enough resources: {cpus} vCPU and {memory_gb} GB, where 8 vCPU and 16 GB are"
    )
    assert [str(problem) for problem in problems] == ([] if enough else [f"{text} needed"])
