"""Each inhibitor on a real machine: the upgrade is not begun, and nothing on it was changed."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.machines import ticker
from tests.machines.conftest import DEBIAN_12
from tests.machines.probing import NOTHING
from upgradeproof.errors import InhibitedError
from upgradeproof.imaging import Images
from upgradeproof.journey import Journey, Toolbox
from upgradeproof.journey.store import Store
from upgradeproof.machines.backends import backend
from upgradeproof.plan import Cell, load_plan
from upgradeproof.probes import diff, read
from upgradeproof.results import Journal, read_journals
from upgradeproof.results.journal import PreflightDone, StepStarted


@dataclass
class Stopped:
    """What became of a cell whose preflight inhibits."""

    reason: str
    changed: tuple[object, ...]
    steps: list[str]
    findings: list[str]


@dataclass
class Lab:
    """Leads cells of a small product on real machines, with states of their own."""

    images: Images
    folder: Path
    token: str

    def stopped(self, name: str, install: str, more: str = "") -> Stopped:
        """Install the old release with a fault, and try to upgrade it."""
        text = ticker.plan(f"{self.token}-{name}", {"2": ticker.run(ticker.GOOD)}, install=install)
        (self.folder / "upgrade.toml").write_text(f"{text}\n{more}", encoding="utf-8")
        plan = load_plan(self.folder / "upgrade.toml")
        journal = self.folder / "journal.jsonl"
        with ExitStack() as open_until_the_end:
            tools = Toolbox(
                images=self.images,
                backend=backend,
                store=Store(self.folder / "cache"),
                reports=self.folder / "reports",
                journal=open_until_the_end.enter_context(Journal(journal)),
                run_id=self.token,
                fresh=True,
            )
            journey = open_until_the_end.enter_context(
                Journey(Cell(plan, plan.upgrade[0], DEBIAN_12), tools)
            )
            machine = journey.reach("installed").machine
            before, status = read(machine, NOTHING), machine.run("cat /var/lib/dpkg/status").text
            with pytest.raises(InhibitedError) as caught:
                journey.reach("upgraded")
            after = read(machine, NOTHING)
            changed = (
                *diff(before, after),
                *([] if machine.run("cat /var/lib/dpkg/status").text == status else ["status"]),
            )
        events = list(read_journals([journal]))
        return Stopped(
            reason=str(caught.value),
            changed=changed,
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
        "  2 is made of ticker 2, and APT leaves a held package as it is.\n"
        "  To do: apt-mark unhold ticker\n"
        "To do: mend this on the machine, then upgrade; nothing was changed"
    )
    assert (stopped.changed, stopped.steps, stopped.findings) == ((), [], ["held/ticker"])
