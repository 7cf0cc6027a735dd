"""Every probe on a real machine: a test changes something, and the facts show the change."""

from __future__ import annotations

import base64
import json

import pytest

from tests.machines.probing import NOTHING, changed, run
from upgradeproof.machines import Machine
from upgradeproof.probes import ConfigInput, Facts, ProbeInputs, diff, read
from upgradeproof.probes.certificates import Certificates
from upgradeproof.probes.configs import Configs
from upgradeproof.probes.groups import Group, Groups
from upgradeproof.probes.health import Health
from upgradeproof.probes.journal import Journal
from upgradeproof.probes.kernel import Kernel
from upgradeproof.probes.libraries import Libraries
from upgradeproof.probes.modules import Modules
from upgradeproof.probes.mounts import Mounts
from upgradeproof.probes.services import Services
from upgradeproof.probes.stale import Stale
from upgradeproof.probes.system import System
from upgradeproof.probes.users import User, Users


@pytest.fixture(scope="module")
def facts(debian: Machine) -> Facts:
    return read(debian, NOTHING)


def test_two_passes_over_an_unchanged_machine_are_equal(debian: Machine) -> None:
    inputs = ProbeInputs(
        configs=(ConfigInput(path="/etc/systemd/journald.conf", format="ini", check="date"),),
        certificates=("/etc/ssl/none.pem",),
        modules=("loop",),
    )
    assert diff(read(debian, inputs), read(debian, inputs)) == ()


def test_facts_survive_their_file(facts: Facts) -> None:
    plain = json.loads(facts.to_json())
    again = Facts(
        {
            section: {
                key: type(found).model_validate(plain[section][key]) for key, found in it.items()
            }
            for section, it in facts.sections.items()
        }
    )
    assert (diff(facts, again), again.to_json()) == ((), facts.to_json())


def test_a_fresh_machine_is_sound(facts: Facts) -> None:
    assert (facts[System]["system"].id, facts[System]["system"].state) == ("debian", "running")
    unsound = {name for name, check in facts[Health].items() if not check.sound}
    assert unsound <= {"apt-archives"}
    empty = ("conffiles", "leftovers", "stale")
    assert [dict(facts.sections[name]) for name in empty] == [{}, {}, {}]


def test_a_failed_service_degrades_the_system(debian: Machine) -> None:
    unit = "/etc/systemd/system/probed.service"
    do = f"""
    printf '%s\\n' '[Service]' 'ExecStart=/bin/sh -c "exit 3"' '[Install]' \\
      'WantedBy=default.target' >{unit}
    systemctl daemon-reload; systemctl enable -q probed; systemctl start probed
    while systemctl is-active -q probed; do :; done
    """
    undo = f"""systemctl disable -q probed; rm {unit}; systemctl daemon-reload
    systemctl reset-failed"""
    with changed(debian, do, undo) as facts:
        probed = facts[Services]["probed.service"]
        assert (probed.enabled, probed.failed, probed.result) == ("enabled", True, "exit-code")
        assert facts[System]["system"].state == "degraded"


def test_the_services_are_those_of_systemd(facts: Facts) -> None:
    journald = facts[Services]["systemd-journald.service"]
    assert (journald.enabled, journald.active, journald.sub) == ("static", "active", "running")
    assert journald.executable.endswith("/systemd/systemd-journald")


def test_a_replaced_executable_makes_its_service_stale(debian: Machine) -> None:
    do = """
    mkdir -p /opt/probed; cp /bin/sleep /opt/probed/daemon
    systemd-run -q --unit=probed /opt/probed/daemon 60
    until [ "$(readlink /proc/$(systemctl show -p MainPID --value probed)/exe)" = \
      /opt/probed/daemon ]; do :; done
    cp /bin/sleep /opt/probed/new; mv /opt/probed/new /opt/probed/daemon
    """
    with changed(debian, do, "systemctl stop probed; rm -r /opt/probed") as facts:
        assert set(facts[Stale]) == {"probed.service"}
        assert facts[Stale]["probed.service"].deleted == ("/opt/probed/daemon",)


def test_a_replaced_script_makes_its_service_stale(debian: Machine) -> None:
    """The kernel has no record of a script that was read and closed: the probe compares two
    clocks, which may differ by a second.
    """
    do = """
    mkdir -p /opt/probed; printf '#!/bin/sh -e\\nsleep 60; exit\\n' >/opt/probed/daemon.sh
    chmod 755 /opt/probed/daemon.sh
    systemd-run -q --unit=probed /opt/probed/daemon.sh
    until pgrep -P "$(systemctl show -p MainPID --value probed)" sleep; do :; done
    """
    new = "/opt/probed/new"
    replace = f"sleep 1.2; cp -p /opt/probed/daemon.sh {new}; mv {new} /opt/probed/daemon.sh"
    undo = "systemctl stop probed; rm -r /opt/probed"
    with changed(debian, do, "true") as facts:
        assert "probed.service" not in facts[Stale]
    with changed(debian, replace, undo) as facts:
        assert set(facts[Stale]) == {"probed.service"}
        assert facts[Stale]["probed.service"].replaced == ("/opt/probed/daemon.sh",)
        assert facts[Stale]["probed.service"].deleted == ()


SCRIPT = "/opt/probed/daemon"


@pytest.mark.parametrize(
    ("command", "stale"),
    [
        (f"perl -w -I /opt/probed {SCRIPT}", True),
        ("bash -e -o pipefail daemon", True),
        ("dash -ec '/bin/sleep 60; exit'", False),
        ("bash -lc '/bin/sleep 60 | cat'", False),
        ("perl -we 'sleep 60' /opt/probed/daemon", False),
        ("perl -I /opt/probed -we 'sleep 60'", False),
    ],
)
def test_an_interpreter_runs_its_script_and_no_code_or_folder(
    debian: Machine, command: str, stale: bool
) -> None:
    """The script is replaced after longer than the two clocks may differ."""
    do = f"""
    mkdir -p /opt/probed; cd /opt/probed; echo 'sleep 60; exit' >{SCRIPT}
    setsid {command} >/dev/null 2>&1 & echo $! >pid
    until grep -q '^.*) S ' /proc/$!/stat; do :; done
    """
    replace = f"sleep 1.2; cp {SCRIPT} /opt/probed/new; mv /opt/probed/new {SCRIPT}"
    undo = "pkill -s $(cat /opt/probed/pid); rm -r /opt/probed"
    with changed(debian, f"{do}\n{replace}", undo) as facts:
        assert [found.replaced for found in facts[Stale].values()] == [(SCRIPT,)] * stale


def test_a_replaced_library_makes_its_user_stale(debian: Machine) -> None:
    do = """
    mkdir -p /opt/probed; cp "$(ls /lib/*-linux-gnu*/libpcre2-8.so.0)" /opt/probed/lib.so
    LD_PRELOAD=/opt/probed/lib.so setsid sleep 60 >/dev/null 2>&1 & echo $! >/opt/probed/pid
    until grep -q /opt/probed/lib.so /proc/$!/maps; do :; done
    cp /opt/probed/lib.so /opt/probed/new; mv /opt/probed/new /opt/probed/lib.so
    """
    undo = "kill $(cat /opt/probed/pid); rm -r /opt/probed"
    with changed(debian, do, undo) as facts:
        assert {key: process.deleted for key, process in facts[Stale].items()} == {
            "/usr/bin/sleep": ("/opt/probed/lib.so",)
        }


def test_programs_that_would_not_start_are_read(debian: Machine, facts: Facts) -> None:
    do = """
    sed 's/libc\\.so\\.6/libZ.so.6/g' /bin/sleep >/usr/local/bin/unresolved
    sed 's/GLIBC_2\\.34/GLIBC_9.34/g' /bin/sleep >/usr/local/bin/too-new
    head -c 2000 /bin/sleep >/usr/local/bin/truncated
    printf '\\177ELFrubbish\\n' >/usr/local/bin/rubbish
    chmod 755 /usr/local/bin/*
    """
    with changed(debian, do, "rm /usr/local/bin/*") as broken:
        files = broken[Libraries]
        new = {path.removeprefix("/usr/local/bin/") for path in files.keys() - facts[Libraries]}
        assert new == {"unresolved", "too-new", "truncated", "rubbish"}
        assert files["/usr/local/bin/unresolved"].missing == ("libZ.so.6",)
        assert files["/usr/local/bin/too-new"].missing == ("libc.so.6 (GLIBC_9.34)",)


def test_configurations_and_their_checks_are_read(debian: Machine) -> None:
    path = "/etc/probed it's.ini"
    inputs = ProbeInputs(
        configs=(
            ConfigInput(path=path, format="ini", check="grep -q port= /etc/probed*"),
            ConfigInput(path="/etc/probed.yaml", format="yaml", check="echo bad; exit 3"),
            ConfigInput(path="/etc/none", format="env"),
        )
    )
    debian.put(b"[server]\nport=443\n", path, mode=0o640)
    debian.put(b"a: [\n", "/etc/probed.yaml")
    try:
        configs = read(debian, inputs)[Configs]
    finally:
        run(debian, "rm /etc/probed*")
    good, bad = configs[path], configs["/etc/probed.yaml"]
    assert (good.content, good.mode, good.owner) == ({"server.port": "443"}, "0640", "root")
    assert good.accepted
    assert (bad.check_status, bad.check_output, bad.content) == (3, "bad", {})
    assert bad.problem
    assert not configs["/etc/none"].exists


def test_users_and_groups_are_read_without_passwords(debian: Machine) -> None:
    do = """
    echo 'probed:HASH:4711:4712:A B:/srv:/bin/sh' >>/etc/passwd
    echo 'probed:HASH:4712:root,daemon' >>/etc/group
    """
    with changed(debian, do, "sed -i /^probed:/d /etc/passwd /etc/group") as facts:
        assert facts[Users]["probed"] == User(
            uid=4711,
            gid=4712,
            comment="A B",
            home="/srv",
            shell="/bin/sh",
            password="no login",  # HASH is the hash of no password
        )
        assert facts[Groups]["probed"] == Group(gid=4712, members=("daemon", "root"))
        assert "HASH" not in facts.to_json()


def test_the_kernel_is_the_running_one(debian: Machine, facts: Facts) -> None:
    kernel = facts[Kernel]["running"]
    assert f"{kernel.release} {kernel.architecture}" == run(debian, "uname -rm")
    assert kernel.boot_id == run(debian, "cat /proc/sys/kernel/random/boot_id")
    assert kernel.uptime_s > 0


def test_the_modules_are_those_of_the_kernel(debian: Machine, facts: Facts) -> None:
    count = run(debian, "cat /proc/modules 2>/dev/null | wc -l")
    assert len(facts[Modules]) == int(count)


def test_a_mount_is_read_with_its_space(debian: Machine) -> None:
    do = "mkdir '/srv/a b'; mount -t tmpfs -o size=1m,noexec none '/srv/a b'"
    with changed(debian, do, "umount '/srv/a b'; rmdir '/srv/a b'") as facts:
        mount = facts[Mounts]["/srv/a b"]
        assert (mount.file_system, mount.source) == ("tmpfs", "none")
        assert "noexec" in mount.options
        assert mount.available_bytes == 1024 * 1024


def test_errors_of_the_journal_are_counted_since_the_state_began(debian: Machine) -> None:
    log = "printf '%s\\n' 'probed failed: 1 of 2' 'probed failed: 3 of 4' | systemd-cat -p err"
    since = float(run(debian, "date +%s.%N"))
    run(debian, f"{log} -t probed; journalctl --sync")
    errors = [
        error
        for error in read(debian, ProbeInputs(since=since))[Journal].values()
        if "probed failed" in error.sample
    ]
    assert [(error.count, error.sample) for error in errors] == [(2, "probed failed: 1 of 2")]
    later = ProbeInputs(since=float(run(debian, "date +%s.%N")))
    assert read(debian, later)[Journal] == {}


def test_a_key_next_to_a_certificate_never_leaves_the_machine(debian: Machine) -> None:
    lines = ["-----BEGIN CERTIFICATE-----", "AAAA", "-----BEGIN PRIVATE KEY-----", "SECRET"]
    lines += ["-----END PRIVATE KEY-----", "-----BEGIN CERTIFICATE-----", "BBBB"]
    lines += ["-----END CERTIFICATE-----", "SECRET", "-----BEGIN CERTIFICATE-----", "SECRET", ""]
    inputs = ProbeInputs(certificates=("/etc/probed.pem",))
    debian.put("\n".join(lines).encode(), "/etc/probed.pem", mode=0o600)
    try:
        output = run(debian, Certificates.script(inputs))
        records = read(debian, inputs)[Certificates]
    finally:
        run(debian, "rm /etc/probed.pem")
    sent = base64.b64decode(output.split("\t")[2]).decode()
    assert sent.split() == [
        "-----BEGIN",
        "CERTIFICATE-----",
        "BBBB",
        "-----END",
        "CERTIFICATE-----",
    ]
    assert records["/etc/probed.pem"].problem.startswith("the certificate can't be read")
