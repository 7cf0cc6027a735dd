"""An observation ends its machines and removes its snapshots, even if it is interrupted.

No script reaches the APT of this host: a script without an answer is an error of the test.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.observe.machines import AnsweringMachine
from tests.unit.observe.test_order import IMAGES
from tests.unit.runner.fakes import IMAGE, FolderBackend, FolderMachine
from upgradeproof.command import Completed
from upgradeproof.daemons import Daemon
from upgradeproof.errors import PlanError, StepError
from upgradeproof.machines import Machine, MachineSpec
from upgradeproof.observe.drafting import draft, findings
from upgradeproof.observe.observing import Observed, Observer
from upgradeproof.observe.order import order
from upgradeproof.observe.writing import plan_text
from upgradeproof.plan import Plan
from upgradeproof.plan.steps import Script
from upgradeproof.results.journal import StepStarted
from upgradeproof.runner.checkpoints import Checkpoint, checkpoint_key

OFFERED = "0| web | 2.0-1 | x Packages\n system-files | 13.1 | x Packages\n"
ANSWERS = {
    "NoLocking=1 install": "0|The following NEW packages will be installed:\n  web\n",
    "NoLocking=1 full-upgrade": "0|nothing\n",
    "--search": "0|system-files: /usr/lib/os-release\n",
    "--listfiles": "0|",
    "madison": OFFERED,
    "showpkg": "0|",
    "pkgnames": "0|web\n",
    "update --error-on=any": "0|fetched\n",
    "find /etc/apt": "0|",
    "date +%s.%N": "0|1700000000.5",
    "systemctl list-units": "0|",
    "locale-gen": "0|",
    "apt-get": "0|installed\n",
}
DAEMON = Daemon.model_validate(
    {
        "title": "Web",
        "units": ["web.service"],
        "needs": "web",
        "packages": ["web*"],
        "check": "web -t",
        "prepare": {"title": "set a locale", "packages": ["locales"], "script": "locale-gen\n"},
    }
)
NO_ANSWERS: Mapping[str, str] = {}
ENDED = ["start observed from image", "end observed"]
CACHED = ["start observed from image", "keep in progress", "end observed"]


class ClosedMachine(AnsweringMachine):
    """A machine with fixed answers and facts; any other script fails. An answer may interrupt."""

    def run(
        self,
        script: str,
        *,
        timeout_s: float = 60.0,
        stdin: bytes = b"",
        on_output: Callable[[bytes], None] | None = None,
    ) -> Completed:
        if "/run/upgradeproof." in script or script.startswith("ready() {"):
            return FolderMachine.run(self, script, timeout_s=timeout_s)
        answered = next((part for part in self.answers if part in script), None)
        assert answered is not None, f"a script without an answer: {script}"
        if self.answers[answered] == "interrupted":
            raise KeyboardInterrupt
        return super().run(script, timeout_s=timeout_s, stdin=stdin, on_output=on_output)


class ObservedBackend(FolderBackend):
    """A backend that starts machines with two packages and no process."""

    def __init__(self, folder: Path, answers: Mapping[str, str] = NO_ANSWERS) -> None:
        super().__init__(folder)
        self.answers = {**answers, **{k: it for k, it in ANSWERS.items() if k not in answers}}

    @contextmanager
    def start(self, spec: MachineSpec) -> Iterator[Machine]:
        with super().start(spec) as machine:
            assert isinstance(machine, FolderMachine)
            packages = machine.disk / "packages"
            packages.mkdir(exist_ok=True)
            (packages / "web").write_text("1.0-1")
            (packages / "system-files").write_text("12.4")
            yield ClosedMachine(machine.disk, self.answers)


def observe(backend: ObservedBackend, *packages: str) -> tuple[Observed, list[str]]:
    progress: list[str] = []
    wanted = order(packages or ("web",), "deb-1", "deb-2", IMAGES)
    observer = Observer(
        wanted, backend, {"web": DAEMON}, progress.append, checkpoints=backend.folder / "stops"
    )
    return observer.observe(IMAGE), progress


def test_every_machine_that_was_started_is_ended(tmp_path: Path) -> None:
    backend = ObservedBackend(tmp_path)
    found, progress = observe(backend)
    assert backend.log == [*CACHED, "start observed from snapshot", "end observed"]
    assert progress == [
        f"start a machine of {found.order.platform.id}",
        "read the facts of the bare machine",
        "fetch the package lists",
        "install locales",
        "set a locale",
        "install web",
        "read the facts with the packages",
        "save the machine for the next boot",
        f"start a machine of {found.order.platform.id}",
        "read the facts after a boot",
        "ask what listens",
        "restart the services, and see which configuration files they read",
        "switch the APT sources from one to two",
        "fetch the package lists",
    ]
    assert findings(found) == ()
    assert 'web = "2.*"  # 2.0-1 is offered\n' in plan_text(draft(found))


def test_a_run_of_the_plan_starts_from_the_observed_state(tmp_path: Path) -> None:
    backend = ObservedBackend(tmp_path)
    found, _ = observe(backend)
    plan = Plan.model_validate(tomllib.loads(plan_text(draft(found))))
    planned = (action for step in plan.install for action in step.actions(Path()))
    actions = tuple(action for action in planned if isinstance(action, Script))
    key = checkpoint_key(IMAGE, actions, backend.definition)
    (snapshot,) = backend.snapshots()
    assert snapshot.key == key
    stop = Checkpoint.model_validate_json((tmp_path / "stops" / f"{key}.json").read_text())
    assert stop.done == len(actions) == 4
    titles = [event.title for event in stop.steps if isinstance(event, StepStarted)]
    assert titles == [action.title for action in actions]
    assert [Path(name).parts[1:3] for name in stop.transcripts] == [
        (found.order.cell, "installed")
    ] * 4


def test_an_unknown_package_is_an_error_before_any_installation(tmp_path: Path) -> None:
    backend = ObservedBackend(tmp_path)
    with pytest.raises(PlanError) as raised:
        observe(backend, "wbe")
    assert str(raised.value) == "deb-1 has no package 'wbe'; did you mean 'web'?"
    assert backend.log == ENDED


def test_a_package_that_can_not_be_installed_is_an_error(tmp_path: Path) -> None:
    failing = {"--no-install-recommends locales": "100|E: web is broken"}
    backend = ObservedBackend(tmp_path, failing)
    with pytest.raises(StepError) as raised:
        observe(backend)
    assert raised.value.brief == "the step 'install locales' failed with exit status 100"
    assert backend.log == ENDED


def test_a_release_that_is_not_newer_is_an_error(tmp_path: Path) -> None:
    backend = ObservedBackend(tmp_path, {"madison": OFFERED.replace("13.1", "11.9")})
    with pytest.raises(PlanError) as raised:
        observe(backend)
    assert str(raised.value) == (
        "deb-2 is no newer release than deb-1: it has system-files 11.9, and 12.4 is installed\n"
        "To do: name the older release with --from, and the newer one with --to"
    )
    assert backend.log[-1].startswith("forget ")
    assert not (tmp_path / "stops").exists()


@pytest.mark.parametrize(
    ("script", "log"),
    [
        ("update --error-on=any", ENDED),
        ("locale-gen", ENDED),
        ("find /etc/apt", [*CACHED, "start observed from snapshot", "end observed"]),
    ],
)
def test_an_interruption_leaves_nothing(tmp_path: Path, script: str, log: list[str]) -> None:
    backend = ObservedBackend(tmp_path, {script: "interrupted"})
    with pytest.raises(KeyboardInterrupt):
        observe(backend)
    assert [line for line in backend.log if not line.startswith("forget")] == log
    assert backend.snapshots() == []
