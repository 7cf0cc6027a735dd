"""The fidelity of a capture: which facts of the server are the same in its twin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.capture.examples import captured
from upgradeproof.capture.folder import facts_json, twin_of
from upgradeproof.captured import compared
from upgradeproof.errors import PlanError
from upgradeproof.probes import Facts, Record
from upgradeproof.probes.file_records import File
from upgradeproof.probes.packages import Package
from upgradeproof.probes.services import Service
from upgradeproof.probes.sysctl import Setting

TWIN = twin_of(captured(), boots=False)
SHA = json.loads(facts_json(TWIN))["sections"]["files"]["/etc/web.conf"].split()[-1]
FILES: dict[str, Record] = {
    "/": File(type="directory"),
    "/etc/web.conf": File(type="file", mode="0644", sha256=SHA),
    "/etc/caf\\xe9 #.conf": File(type="file", owner="web", mode="0640", sha256="another"),
    "/etc/apt/sources.list.d/v.list": File(type="file", mode="0644", sha256="another"),
    "/etc/plain.conf": File(type="file", mode="0644", sha256="whatever", package="web"),
    "/etc/web": File(type="directory", group="web", mode="0750"),
    "/etc/web/link": File(type="link", target="../caf\\xe9"),
    "/etc/odd.db": File(type="file", mode="0644"),
    "/etc/postfix/map.db": File(type="file", mode="0644"),
    "/etc/new": File(type="file", mode="0644", package="other"),
    "/etc/systemd/network/a.network": File(type="file", mode="0644"),
    "/etc/hostname": File(type="file", mode="0644"),
    "/etc/extra": File(type="file", mode="0644", sha256="x"),
    "/var/lib/x": File(type="file", mode="0644"),
}


def written(tmp_path: Path) -> Path:
    path = tmp_path / "captured.json"
    path.write_text(facts_json(TWIN), encoding="utf-8")
    return path


def twin(**sections: dict[str, Record]) -> Facts:
    return Facts({**captured().facts.sections, "files": FILES, **sections})


def test_every_section_counts_equal_facts(tmp_path: Path) -> None:
    found = compared(written(tmp_path), twin())
    assert found.server == "web1"
    assert {each.section: (each.agree, each.facts) for each in found.sections} == {
        "packages": (4, 4),
        "units": (3, 3),
        "ports": (1, 1),
        "users": (2, 2),
        "groups": (2, 2),
        "sysctl": (0, 0),
        "files": (6, 9),
    }
    assert found.share == 18 / 21


def test_each_difference_is_a_line(tmp_path: Path) -> None:
    packages: dict[str, Record] = {
        "base-files": Package(version="1.4", state="install ok installed"),
        "web": Package(version="2:1.0-2", state="hold ok installed"),
        "old": Package(version="1", state="deinstall ok config-files"),
        "libweb1": Package(version="1.0-1", state="install ok installed"),
        "grub-pc": Package(version="2.0", state="install ok installed"),
        "new": Package(version="3", state="install ok installed", auto=True),
    }
    services: dict[str, Record] = {
        **captured().facts.sections["services"],
        "web.service": Service(enabled="enabled", active="failed"),
    }
    sysctl: dict[str, Record] = {
        "vm.x": Setting(value="1", wanted="2", set_by="/etc/sysctl.d/a.conf"),
        "vm.y": Setting(value="1"),
    }
    found = compared(written(tmp_path), twin(packages=packages, services=services, sysctl=sysctl))
    assert {each.section: each.differences for each in found.sections if each.differences} == {
        "packages": (
            (
                "libweb1: 1.0-1 (install ok installed, automatic) on the server,"
                " 1.0-1 (install ok installed) in the twin"
            ),
            "new: (not there) on the server, 3 (install ok installed, automatic) in the twin",
            (
                "web: 2:1.0-1 (hold ok installed) on the server, 2:1.0-2 (hold ok installed)"
                " in the twin"
            ),
        ),
        "units": ("web.service: enabled, active on the server, enabled, failed in the twin",),
        "sysctl": ("vm.x: (not there) on the server, 2 in the twin",),
        "files": (
            (
                "/etc/apt/sources.list.d/v.list: file root:root 0644 sha256 338bffccc0 on the"
                " server, file root:root 0644 sha256 another in the twin"
            ),
            (
                "/etc/caf\\xe9 #.conf: file web:root 0640 sha256 9723ef5b6c on the server,"
                " file web:root 0640 sha256 another in the twin"
            ),
            "/etc/extra: (not there) on the server, file root:root 0644 sha256 x in the twin",
        ),
    }


def test_a_file_below_a_folder_that_is_read_as_a_whole_is_compared(tmp_path: Path) -> None:
    path = written(tmp_path)
    plain = json.loads(path.read_text())
    plain["sections"]["files"] |= {f"/etc/many/{n}": "file root:root 0644" for n in range(9)}
    plain["sections"]["files"] |= {"/etc/ssl/certs/a.pem": "file root:root 0644 sha256 1"}
    plain["sections"]["files"] |= {"/etc/rc2.d/S01web": "link root:root to ../init.d/web"}
    path.write_text(json.dumps(plain))
    files = {**FILES, "/etc/many": File(type="directory", mode="0755", entries=9)}
    found = {each.section: each for each in compared(path, twin(files=files)).sections}["files"]
    assert not any(
        "many/" in line or "certs" in line or "rc2" in line for line in found.differences
    )


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"sections": {"packages": {"a": 1}}}'])
def test_a_file_without_captured_facts_is_one_clear_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "captured.json"
    path.write_text(text)
    with pytest.raises(PlanError) as raised:
        compared(path, twin())
    assert raised.value.brief == f"{path}: these are no facts of a captured server"
    assert raised.value.resolution == "capture the server again"
