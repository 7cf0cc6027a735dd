"""A minimal captured server."""

from __future__ import annotations

from dataclasses import replace

from upgradeproof.capture.reader import About, Captured
from upgradeproof.capture.stream import Entry, Walked
from upgradeproof.captured import PROBES
from upgradeproof.plan import Image
from upgradeproof.plan.images import Bootstrap
from upgradeproof.probes import Facts, Record
from upgradeproof.probes.groups import Group
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.packages import Package
from upgradeproof.probes.services import Service
from upgradeproof.probes.sockets import ListeningSocket
from upgradeproof.probes.users import User

ABOUT = About(
    architecture="amd64",
    name="web1",
    os={"ID": "debian", "VERSION_CODENAME": "old", "PRETTY_NAME": "Debian GNU/Linux 1 (old)"},
    kernel="6.1.0",
    addresses=["192.0.2.7"],
    sources=[
        ("http://archive.example/debian", "old/main", "Debian"),
        ("https://vendor.example/apt", "old/main", "Vendor"),
    ],
    mounts={"/": "ext4", "/etc/hosts": "ext4", "/proc": "proc", "/srv": "xfs"},
    sizes={"/srv": 2048, "/srv/www": 2044, "/srv/git": 4, "/var/lib/apt": 9999},
)


def entry(path: str, content: bytes | None = None, **fields: str) -> Entry:
    given = {"type": "file", "mode": "0644", "owner": "root", "group": "root", **fields}
    return Entry(path=path, content=content, **given)


def facts() -> Facts:
    found: dict[str, dict[str, Record]] = {
        "packages": {
            "base-files": Package(version="1.4", state="install ok installed"),
            "web": Package(version="2:1.0-1", state="hold ok installed"),
            "libweb1": Package(version="1.0-1", state="install ok installed", auto=True),
            "grub-pc": Package(version="2.0", state="install ok installed"),
        },
        "services": {
            "web.service": Service(enabled="enabled", active="active"),
            "off.service": Service(enabled="disabled"),
            "systemd-journald.service": Service(enabled="static", active="active"),
        },
        "sockets": {
            "tcp/0.0.0.0:7777": ListeningSocket(
                protocol="tcp", address="0.0.0.0", port=7777, process="webd", unit="web.service"
            ),
        },
        "users": {
            "root": User(uid=0, gid=0, home="/root", shell="/bin/bash"),
            "ada": User(uid=1000, gid=1000, comment="Ada", home="/home/ada", shell="/bin/bash"),
        },
        "groups": {"root": Group(gid=0), "web": Group(gid=70, members=("ada",))},
        "sysctl": {},
        "system": {"system": OperatingSystem(state="running", id="debian", codename="old")},
    }
    assert sorted(found) == sorted(probe.section for probe in PROBES)
    return Facts(found)


def walked() -> Walked:
    entries = [
        entry("/etc/apt/sources.list", b"deb http://archive.example/debian old main\n"),
        entry("/etc/apt/sources.list.d/v.list", b"deb https://vendor.example/apt old main\n"),
        entry("/etc/apt/sources.list.d/x.list", b"deb https://lost.example/apt old main\n"),
        entry("/etc/apt/apt.conf.d/p", b'Acquire::http::Proxy "http://proxy.example:1";\n'),
        entry("/etc/caf%E9%20%23.conf", b"name = 192.0.2.7\n", owner="web", mode="0640"),
        entry("/etc/web", type="directory", mode="0750", group="web"),
        entry("/etc/web/link", type="link", mode="0777", target="../caf%E9"),
        entry("/etc/web.conf", b"edited\n"),
        entry("/etc/plain.conf"),
        entry("/etc/postfix/map.db", type="derived"),
        entry("/etc/odd.db", type="derived"),
        entry("/var/lib/web", type="state", mode="0700", owner="web"),
    ]
    return Walked(
        entries={each.path: each for each in entries},
        secrets={"/etc/web.conf": {"setting": 2}},
        edited=["/etc/web.conf"],
        missing=["/etc/gone.conf"],
        left=["/etc/fstab"],
        vanished=["/etc/was.conf"],
        unread={"/etc/large": 9},
        alternatives={"editor": "/usr/bin/vi"},
        accounts={"ada": "$6$salt$hash"},
    )


def captured() -> Captured:
    return Captured(about=replace(ABOUT), facts=facts(), walked=walked(), data=())


def images() -> dict[str, Image]:
    def image(name: str, codename: str, family: str = "debian") -> Image:
        return Image(
            name=name,
            title=name.title(),
            family=family,
            codename=codename,
            architectures=("amd64",),
            bootstrap=Bootstrap(suites=(codename,), keyring="k"),
        )

    return {
        "debian-1": image("debian-1", "old"),
        "debian-2": image("debian-2", "new"),
        "debian-10": image("debian-10", "newest"),
        "ubuntu-4": image("ubuntu-4", "other", "ubuntu"),
    }
