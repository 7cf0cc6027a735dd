"""Each inhibitor on a real machine: the upgrade does not start, and the machine is unchanged."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.machines import ticker
from tests.machines.conftest import ROOT
from tests.machines.probing import NOTHING
from tests.machines.starting import output_of
from upgradeproof.errors import InhibitedError
from upgradeproof.imaging import Images
from upgradeproof.machines.backends import backend
from upgradeproof.packaging import Packager
from upgradeproof.plan import expand, load_images, load_plan
from upgradeproof.probes import Difference, diff, read
from upgradeproof.results import Journal, read_journals
from upgradeproof.results.journal import PreflightDone, StepStarted
from upgradeproof.runner import RunContext, Runner
from upgradeproof.runner.store import StateStore

FILES = "find /etc /opt /usr /var/lib/dpkg -type f -printf '%p %T@ %s\\n' | sort | sha256sum"
"""Every file that an upgrade of the ticker could touch, with its time and its size."""
END = "To do: fix this on the machine, then upgrade; nothing was changed"
OTHER_PROCESS = """
cat >/opt/listen <<'EOF'
#!/usr/bin/perl
use IO::Socket::INET;
my $socket = IO::Socket::INET->new(LocalPort => 30081, Listen => 1) or die $!;
sleep;
EOF
chmod 755 /opt/listen
systemd-run --quiet --unit=exporter /opt/listen
"""
HALF = """
mkdir -p /opt/half/DEBIAN
printf '%s\\n' 'Package: half' 'Version: 1' 'Architecture: all' 'Maintainer: a <a@b.test>' \\
  'Description: x' >/opt/half/DEBIAN/control
printf '#!/bin/sh\\nexit 1\\n' >/opt/half/DEBIAN/postinst
chmod 755 /opt/half/DEBIAN/postinst
dpkg-deb --build /opt/half /opt/half.deb
dpkg -i /opt/half.deb || :
"""


@dataclass
class Stopped:
    """The result of a cell whose preflight stops the upgrade."""

    reason: str
    changes: tuple[Difference, ...]
    steps: list[str]
    findings: list[str]


@dataclass
class Lab:
    """Runs cells of a small product on real machines, with separate states."""

    images: Images
    folder: Path
    token: str

    def stopped(self, name: str, install: str, plan: str = "") -> Stopped:
        """Install the old release with a fault, and try to upgrade it.

        ``plan`` is the part of the plan about the fault, as TOML.
        """
        text = ticker.plan(f"{self.token}-{name}", {"2": ticker.run(ticker.GOOD)}, install=install)
        path = self.folder / "upgrade.toml"
        path.write_text(f"{text}\n{plan}", encoding="utf-8")
        cell = expand([load_plan(path)], load_images(ROOT))[0]
        journal = self.folder / "journal.jsonl"
        with ExitStack() as open_until_the_end:
            context = RunContext(
                images=self.images,
                packager=Packager(self.folder / "packages"),
                backend=backend,
                store=StateStore(self.folder / "cache"),
                reports=self.folder / "reports",
                journal=open_until_the_end.enter_context(Journal(journal)),
                run_id=self.token,
                fresh=True,
                watched=False,
            )
            runner = open_until_the_end.enter_context(Runner(cell, context))
            machine = runner.reach("installed").machine
            before, files = read(machine, NOTHING), output_of(machine, FILES)
            with pytest.raises(InhibitedError) as caught:
                runner.reach("upgraded")
            assert output_of(machine, FILES) == files
            changes = diff(before, read(machine, NOTHING))
        events = list(read_journals([journal]))
        return Stopped(
            reason=str(caught.value),
            changes=changes,
            steps=[e.title for e in events if isinstance(e, StepStarted) and e.state == "upgraded"],
            findings=[f.id for e in events if isinstance(e, PreflightDone) for f in e.findings],
        )


@pytest.fixture
def lab(every_image: Images, tmp_path: Path, token: str) -> Lab:
    return Lab(every_image, tmp_path, token)


def test_a_held_package_stops_the_upgrade(lab: Lab) -> None:
    stopped = lab.stopped("held", "apt-mark hold ticker")
    assert stopped.reason == (
        "the preflight stops the upgrade to 2: the package ticker is held at 1\n"
        "the package ticker is held at 1\n"
        "  2 needs ticker 2, and APT does not upgrade a held package.\n"
        "  To do: apt-mark unhold ticker\n" + END
    )
    assert (stopped.changes, stopped.steps, stopped.findings) == ((), [], ["held/ticker"])


def test_a_package_that_is_half_configured_stops_the_upgrade(lab: Lab) -> None:
    stopped = lab.stopped("half", HALF)
    assert stopped.reason.splitlines()[0] == (
        "the preflight stops the upgrade to 2: dpkg finds packages in a bad state (and 1 more)"
    )
    assert "not completely installed: half (install ok half-configured)\n" in stopped.reason
    assert (stopped.changes, stopped.steps) == ((), [])
    assert stopped.findings == ["dpkg/dpkg-audit", "dpkg/half-configured"]


def test_a_port_that_another_process_holds_stops_the_upgrade(lab: Lab) -> None:
    port = '[[expect.port]]\nport = 30081\nprocess = "ticker"\nchange = "added"'
    stopped = lab.stopped("port", OTHER_PROCESS, port)
    assert stopped.reason == (
        "the preflight stops the upgrade to 2: "
        "TCP port 30081 is held by listen (exporter.service)\n"
        "TCP port 30081 is held by listen (exporter.service)\n"
        "  2 needs it for ticker, and can't listen there.\n"
        "  To do: systemctl disable --now exporter.service\n" + END
    )
    assert (stopped.changes, stopped.steps, stopped.findings) == ((), [], ["ports/tcp-30081"])


def test_a_state_folder_without_free_space_stops_the_upgrade(lab: Lab) -> None:
    fill = (
        "mkdir /srv/state; mount -t tmpfs -o size=4m tmpfs /srv/state\n"
        "head -c 3145728 /dev/zero >/srv/state/full"
    )
    space = '[[preflight.space]]\npath = "/srv/state"\nmin_mb = 2'
    stopped = lab.stopped("space", fill, space)
    assert stopped.reason == (
        "the preflight stops the upgrade to 2: 1 MB free in /srv/state, where 2 are required\n"
        "1 MB free in /srv/state, where 2 are required\n"
        "  Without free space the upgrade fails, and the new release can't write.\n"
        "  To do: free space, or raise the quota, until 2 MB are free in /srv/state\n" + END
    )
    assert (stopped.changes, stopped.steps, stopped.findings) == ((), [], ["room//srv/state"])


def test_a_configuration_in_another_format_stops_the_upgrade(lab: Lab) -> None:
    config = (
        '[[expect.config]]\npath = "/etc/ticker.conf"\nformat = "json"\n'
        '[preflight.codes]\n"configs/*" = "E1001"'
    )
    stopped = lab.stopped("config", "echo 'interval: 5' >/etc/ticker.conf", config)
    assert stopped.reason == (
        "the preflight stops the upgrade to 2: E1001 /etc/ticker.conf is not in the format json\n"
        "E1001 /etc/ticker.conf is not in the format json\n"
        "  The old release has it in that format, and the upgrade relies on it: Expecting value: "
        "line 1 column 1 (char 0).\n"
        "  To do: write /etc/ticker.conf in the format json\n" + END
    )
    found = ["configs//etc/ticker.conf"]
    assert (stopped.changes, stopped.steps, stopped.findings) == ((), [], found)


def test_a_configuration_that_its_daemon_refuses_stops_the_upgrade(lab: Lab) -> None:
    config = (
        '[[expect.config]]\npath = "/etc/ticker.conf"\n'
        "check = 'grep ^rate= /etc/ticker.conf || { echo rate is missing; false; }'"
    )
    stopped = lab.stopped("refused", "echo 'interval=5' >/etc/ticker.conf", config)
    assert stopped.reason.splitlines()[1:4] == [
        "/etc/ticker.conf is refused by its own check",
        "  `grep ^rate= /etc/ticker.conf || { echo rate is missing; false; }` ended with status 1",
        "  rate is missing",
    ]
    assert (stopped.changes, stopped.steps) == ((), [])


def test_a_component_out_of_range_stops_the_upgrade(lab: Lab) -> None:
    queue = (
        "printf '#!/bin/sh\\necho queue version: queue/1.22.1\\n' >/usr/local/bin/queue\n"
        "chmod 755 /usr/local/bin/queue"
    )
    component = (
        '[[release.component]]\nname = "Queue"\ncommand = "queue -v"\nmin = "1.21.1"\n'
        'max = "1.21.9"\nsupported = "1.21.3"\nconsequence = "queue management"\ncode = "E1102"'
    )
    stopped = lab.stopped("component", queue, component)
    assert stopped.reason == (
        "the preflight stops the upgrade to 2: E1102 Queue 1.22.1 is not a version that 2 allows\n"
        "E1102 Queue 1.22.1 is not a version that 2 allows\n"
        "  2 allows 1.21.1 to 1.21.9. Outside this range, queue management breaks.\n"
        "  To do: install Queue 1.21.3\n" + END
    )
    assert (stopped.changes, stopped.steps, stopped.findings) == ((), [], ["components/Queue"])
