"""The built-in known changes hide no change that reveals a real failure of an upgrade."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest

from upgradeproof.change_kinds import ChangeKind
from upgradeproof.known import DiffLine, KnownEntry, read_known
from upgradeproof.probes import every_probe

SECTIONS = tuple(probe.section for probe in every_probe())
ENTRIES = [
    pytest.param(entry, id=f"{name}/{entry.id}")
    for name, files in read_known((), SECTIONS).items()
    for file in files
    for entry in file.change
]
ANY = "\N{SNOWMAN}"
"""An example of any name: no entry contains it."""

WIDE = [
    *(f"{section}/{ANY}" for section in SECTIONS),
    *(f"{section}/{ANY}/{ANY}" for section in SECTIONS),
    *(f"files//{folder}/{ANY}" for folder in ("etc", "etc/systemd/system", "usr/local/bin", "srv")),
    *(f"files//{folder}/{ANY}" for folder in ("home", "opt", "root", "var/lib", "var/spool/cron")),
    *(f"files//{ANY}/{field}" for field in ("sha256", "mode", "owner", "group", "target")),
    *(f"configs//{ANY}/{field}" for field in ("sha256", "mode", "owner", "group")),
    *(f"leftovers//etc/{ANY}.{kind}" for kind in ("dpkg-bak", "dpkg-dist", "ucf-dist")),
    *(f"{section}/{ANY}.service" for section in ("services", "stale", "unit_properties")),
    *(f"services/{ANY}.service/{field}" for field in ("active", "enabled", "load", "sub")),
    *(f"services/{ANY}.{kind}" for kind in ("mount", "socket", "timer")),
    *(f"journal/{ANY}.service: {ANY}" for _ in (1,)),
    *(f"journal/{ANY}: {word}" for word in ("error", "failed", "Refusing")),
    *(f"sockets/{protocol}/{ANY}:{ANY}" for protocol in ("tcp", "udp")),
    *(f"unix_sockets//run/{ANY}/{field}" for field in ("mode", "owner", "group")),
    *(f"packages/{ANY}/{field}" for field in ("version", "obsolete", "auto", "state")),
    *(f"effective_config/{ANY}/{ANY}/value" for _ in (1,)),
    *(f"mounts//{ANY}/options" for _ in (1,)),
]
"""Paths of a diff, with names that no entry contains."""

CAUGHT = {
    "C01 sysctl-conf": (
        "files//etc/sysctl.conf",
        "leftovers//etc/sysctl.conf.dpkg-bak",
        "sysctl/net.core.somaxconn/value",
        "sysctl/net.core.somaxconn/set_by",
    ),
    "C03 postgresql-collation": ("data/rows/stderr", "services/postgresql@15-main.service/active"),
    "C04 rsyslog-files": (
        "log_flow//var/log/mail.err",
        "log_flow//var/log/daemon.log/kinds",
        "open_files//var/log/mail.err",
    ),
    "C05 sshd-log-name": ("log_names/ssh.service/names", "log_flow//var/log/ssh-audit.log/kinds"),
    "C06 rsyslog-sandbox": (
        "unit_properties/rsyslog.service/protect_home",
        "log_flow//home/app/logs/app.log/kinds",
    ),
    "C07 python-certificates": ("script_runs//usr/local/bin/sync.py/exit_status",),
    "C09 umask": (
        "sessions/deploy/login/umask",
        "sessions/deploy/cron/umask",
        "sessions/deploy/login/file_mode",
    ),
    "C12 zookeeper": (
        "files//etc/zookeeper/conf_example/zoo.cfg/sha256",
        "effective_config/zookeeper/dataDir/value",
        "sockets/tcp/[::]:2181",
        "sockets/tcp/[::]:8080",
    ),
    "C13 iptables-persistent": (
        "packages/iptables-persistent",
        "packages/netfilter-persistent/state",
        "firewall/ip/filter/rules",
    ),
    "C15 vendor-key": ("apt_sources/file:/srv/repo ./", "health/apt-update/sound"),
    "C16 php-version": (
        "services/php7.4-fpm.service",
        "services/php8.2-fpm.service",
        "unix_sockets//run/php/php7.4-fpm.sock",
        "effective_config/php-apache/memory_limit/value",
        "references//etc/php/7.4/apache2/php.ini: name 7.4/resolves",
    ),
    "C17 python-venv": (
        "files//opt/app/venv/bin/python3/target",
        "references//opt/app/venv/bin/python3: link /usr/bin/python3/resolves",
        "services/app.service/active",
        "files//usr/local/lib/python3.11/dist-packages/localmod.py",
    ),
    "C18 postgresql-timezone": (
        "config_checks/postgresql/accepted",
        "services/postgresql@15-main.service/active",
    ),
    "C20 dash-caret": ("script_runs//usr/local/bin/chkid/stdout",),
    "C21 mysql-tools": ("commands/mysqlshow", "commands/mysqlcheck"),
    "C22 mariadb-skip-ssl": (
        "data/rows/stderr",
        "effective_config/mariadb/require_secure_transport/value",
    ),
    "C26 spamd-rename": (
        "services/spamassassin.service",
        "services/spamassassin.service/active",
        "sockets/tcp/127.0.0.1:1783",
    ),
    "C32 last-lastlog": ("commands/lastlog", "commands/lastb"),
    "C34 fcgiwrap-socket": ("unix_sockets//run/fcgiwrap.socket/mode",),
    "C35 logcheck-schedule": ("schedules/cron.d/logcheck:nice -n10 /usr/sbin/logcheck",),
    "C41 sshd-dss": ("config_checks/sshd/accepted", "services/ssh.service/active"),
    "C43 bind": (
        "config_checks/named/accepted",
        "services/named.service/active",
        "files//etc/bind/named.conf.default-zones",
        "references//etc/bind/named.conf.local: file /etc/bind/db.empty/resolves",
        'effective_config/named/zone "blocked.test"/file',
    ),
    "C46 kea-subnet-id": ("config_checks/kea-dhcp4/accepted",),
    "C48 haproxy-nbproc": ("config_checks/haproxy/accepted", "services/haproxy.service/active"),
    "P2 deb-owner-change": ("files//etc/acmed/owner", "files//etc/acmed/acmed.conf/owner"),
    "P3 deb-config-overwritten": (
        "files//etc/acmed/acmed.conf/sha256",
        "configs//etc/acmed/acmed.conf/sha256",
    ),
    "V1 grub-wrong-disk": ("grub/core.img", "packages/grub-pc/state", "health/dpkg-audit/sound"),
    "V3 boot-full": ("folders//boot/available_bytes", "initramfs/6.1.0-44-cloud-amd64/complete"),
    "bad releases": (
        "users/acmed",
        "groups/sudo/members",
        "files//etc/sudoers.d/acmed",
        "files//etc/profile.d/acmed.sh",
        "files//root/.ssh/authorized_keys",
        "files//etc/apt/sources.list.d/acme.list",
        "files//usr/sbin/acmed/mode",
        "files//etc/alternatives/editor/target",
        "schedules/cron.d/acmed:acmectl compact",
        "services/acmed.service/active",
        "services/acmed-compact.timer/enabled",
        "sockets/tcp/0.0.0.0:8086/address",
        "unit_properties/acmed.service/umask",
        "unit_properties/acmed.service/user",
    ),
}
"""The changes that reveal each case of the catalogue of field cases."""


@pytest.mark.parametrize("entry", ENTRIES)
def test_no_known_change_explains_more_than_it_names(entry: KnownEntry) -> None:
    assert [path for path in WIDE if any(map(entry.covers, lines(path)))] == []


@pytest.mark.parametrize("entry", ENTRIES)
def test_no_known_change_hides_a_field_case(entry: KnownEntry) -> None:
    hidden = [
        f"{case}: {path}"
        for case, paths in CAUGHT.items()
        for path in paths
        if any(map(entry.covers, lines(path)))
    ]
    assert hidden == []


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_known_change_of_a_text_file_names_its_lines(entry: KnownEntry) -> None:
    """A known change never explains the whole content of a file that an administrator edits."""
    whole = {"ca-certificates-conf", "postfix-main-cf-proto"}
    content = any(glob.startswith("files//etc/") and "sha256" in glob for glob in entry.facts)
    linked = any(glob.endswith("/target") for glob in entry.facts)
    assert entry.lines or linked or not content or entry.id in whole


def lines(path: str) -> Iterator[DiffLine]:
    """Yield a line of each kind, with values that no entry contains."""
    for kind in get_args(ChangeKind):
        yield DiffLine(path=path, kind=kind, before=ANY, after=ANY, detail=f"-{ANY}\n+{ANY}")
