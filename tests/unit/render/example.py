"""A realistic run: five platforms, four upgrades, all five verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.unit.render import measured
from tests.unit.render.evidence import FINDINGS, SUPPORT, big_diff, small_diff, transcript
from upgradeproof.results import Cell, Change, Check, Fidelity, Run, State, Step, Verdict

PLATFORMS = (
    "debian-11-amd64.container",
    "debian-12-amd64.container",
    "debian-12-arm64.vm",
    "ubuntu-22.04-amd64.container",
    "ubuntu-24.04-amd64.vm",
)
UPGRADES = (
    ("edge-stack", "edge-stack-2023.3-to-2023.4"),
    ("lighthouse", "lighthouse-1.2.7-to-1.2.8"),
    ("lighthouse", "lighthouse-1.2.8-to-1.3.0"),
    ("operating-system", "operating-system-11-to-12"),
)
TESTS = {
    "test_packages": (
        "test_every_required_package_is_at_its_new_version[nginx]",
        "test_every_required_package_is_at_its_new_version[haproxy]",
        "test_every_required_package_is_at_its_new_version[etcd-server]",
        "test_no_package_is_half_configured",
        "test_no_held_package_moves",
    ),
    "test_kernel_modules": (
        "test_every_required_module_is_loaded[nf_tables]",
        "test_every_required_module_is_loaded[br_netfilter]",
        "test_no_module_was_built_for_another_kernel",
        "test_the_running_kernel_is_the_installed_one",
    ),
    "test_ports": (
        "test_no_listening_port_is_lost",
        "test_every_declared_port_answers[30080]",
        "test_every_declared_port_answers[9100]",
        "test_no_port_is_open_to_the_world_that_was_not",
    ),
    "test_configuration": (
        "test_every_configuration_is_in_the_format_of_its_release[/etc/lighthouse.conf]",
        "test_no_changed_conffile_is_overwritten",
        "test_every_renamed_variable_is_carried_over[LVS_PORT]",
    ),
    "test_traffic": (
        "test_requests_under_load_succeed",
        "test_latency_stays_within_its_target[p99]",
        "test_no_request_is_dropped_during_the_upgrade",
    ),
    "test_rollback": (
        "test_the_old_release_is_back",
        "test_no_data_written_before_the_upgrade_is_lost",
    ),
}
PORT_LOST = """assert lost == ()
  lost listening ports: 2
    tcp 127.0.0.1:9100 (was: lighthouse-exporter, user lighthouse)
    tcp 127.0.0.1:9101 (was: lighthouse-exporter, user lighthouse)
  taken since by: node_exporter (pid 2213, unit prometheus-node-exporter.service)
  journal of lighthouse-exporter.service:
    listen tcp 127.0.0.1:9100: bind: address already in use
    lighthouse-exporter.service: Main process exited, code=exited, status=1/FAILURE"""
OLD_FORMAT = """/etc/lighthouse.conf is in the format of 2023Q3, and 1.3.0 reads 2023Q4: E1001
  line 14: `lvs_port = 30080` is not known to this release, did you mean `k8s_port`?
  line 22: section [balancer] is missing"""
LONG_REASON = "\n".join(
    f"request {n:>4}: GET /api/v1/zones answered 503 after {n % 90 + 110} ms (upstream {n % 4})"
    for n in range(1, 181)
)
NO_ARM_IMAGE = (
    "the image debian-12-arm64 is unavailable from all of its sources\n"
    "To do: run `upgradeproof doctor`"
)
CHANNEL_DIED = """the shell on debian-12-arm64.vm died while `apt-get full-upgrade` ran
virtio-serial: connection reset by peer
[  482.113] Out of memory: Killed process 811 (dpkg) total-vm:402132kB
To do: give the machine more memory (memory_mb in its image), then run this cell again"""
SHARED = Fidelity(kernel="shared", execution="native")
EMULATED = Fidelity(kernel="own", execution="tcg")


def example_run() -> Run:
    """Return the run; its transcripts are written by ``write_transcripts``."""
    return Run(
        run_id="2026-03-12-rc2-b7f1",
        started_at="2026-03-12T09:14:02.118+00:00",
        finished_at="2026-03-12T10:02:47.500+00:00",
        upgradeproof="0.1.0",
        fresh=False,
        host={
            "system": "Linux 6.1.0-18-amd64 x86_64",
            "processors": "2",
            "memory": "24 GiB",
            "python": "3.11.7",
        },
        releases=(SUPPORT,),
        cells=tuple(_cells()),
    )


def write_transcripts(folder: Path, run: Run) -> None:
    """Write a transcript for every step but one: a report must handle a missing file."""
    for cell in run.cells:
        for state in cell.states:
            for step in state.steps:
                if step.transcript and "missing" not in step.transcript:
                    path = folder / step.transcript
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(transcript(step.title))


def _cells() -> Iterator[Cell]:
    for row, platform in enumerate(PLATFORMS):
        for column, (product, upgrade) in enumerate(UPGRADES):
            if product == "operating-system" and not platform.startswith("debian-11"):
                if platform.startswith("ubuntu"):
                    continue
                yield _cell(platform, product, upgrade, selected=False)
            elif (row, column) == (2, 0):
                yield _cell(
                    platform, product, upgrade, reason=NO_ARM_IMAGE, checks=_checks("never_ran")
                )
            elif (row, column) == (2, 2):
                yield _broken(platform, product, upgrade)
            elif (row, column) == (0, 3):
                yield _distribution_upgrade(platform, product, upgrade)
            elif (row, column) == (4, 0):
                yield _not_applicable(platform, product, upgrade)
            else:
                yield _ordinary(platform, product, upgrade, failing=column == 2 and row != 3)


def _cell(platform: str, product: str, upgrade: str, **more: object) -> Cell:
    return Cell.model_validate(
        {
            "id": f"{platform}.{upgrade}",
            "platform": platform,
            "upgrade": upgrade,
            "product": product,
            "tags": ("smoke" if product == "edge-stack" else "release", platform.partition("-")[0]),
            **more,
        }
    )


def _ordinary(platform: str, product: str, upgrade: str, *, failing: bool) -> Cell:
    own_kernel = platform.endswith("vm")
    outcome = {}
    if not own_kernel:
        outcome["kernel"] = (
            Verdict.NOT_APPLICABLE,
            "the kernel is the host's: a container can't prove it",
        )
    if failing:
        outcome["listening_port"] = (Verdict.FAILED, PORT_LOST)
        outcome["format_of_its_release"] = (Verdict.FAILED, OLD_FORMAT)
    if failing and own_kernel:
        outcome["under_load"] = (Verdict.FAILED, LONG_REASON)
    path = f"transcripts/{platform}.{upgrade}"
    return _cell(
        platform,
        product,
        upgrade,
        fidelity=EMULATED if own_kernel else SHARED,
        checks=_checks("passed", outcome),
        states=(
            _state("installed", 42.0, path, ("start the machine", "install 1.2.7"), reused=True),
            _state(
                "upgraded",
                61.4,
                path,
                ("apt-get update", "apt-get install --only-upgrade", "systemctl restart"),
                changes=tuple(small_diff(regressed=failing)),
            ).model_copy(update=_preflight(product, upgrade)),
            _state("rolled_back", 38.9, path, ("roll back with the product's own script",)),
            _state("upgraded_again", 55.2, path, ("apt-get install --only-upgrade",)),
        ),
        **measured.of_cell(platform, upgrade),
    )


def _preflight(product: str, upgrade: str) -> dict[str, object]:
    if product != "lighthouse":
        return {}
    release = upgrade.rpartition("-")[2]
    return {
        "findings": FINDINGS[1:],
        "release": release,
        "components": {"NGINX": "1.21.9-1"},
    }


def _broken(platform: str, product: str, upgrade: str) -> Cell:
    path = f"transcripts/{platform}.{upgrade}"
    upgraded = _state("upgraded", 482.0, path, ("apt-get update",)).model_copy(
        update={"verdict": Verdict.BROKEN, "reason": CHANNEL_DIED}
    )
    killed = Step(
        title="apt-get full-upgrade",
        started_at="2026-03-12T09:31:00+00:00",
        transcript=f"{path}.full-upgrade.missing.txt",
    )
    return _cell(
        platform,
        product,
        upgrade,
        fidelity=EMULATED,
        checks=_checks("broken", {"rollback": (Verdict.NEVER_RAN, "")}),
        loads=measured.loads()[:1],
        states=(
            _state("installed", 126.0, path, ("boot", "install 1.2.8")),
            upgraded.model_copy(update={"steps": (*upgraded.steps, killed)}),
        ),
    )


def _distribution_upgrade(platform: str, product: str, upgrade: str) -> Cell:
    path = f"transcripts/{platform}.{upgrade}"
    reused = {"kernel": (Verdict.NOT_APPLICABLE, "the kernel is the host's")}
    steps = ("edit sources.list", "apt-get update", "apt-get full-upgrade", "apt-get autoremove")
    return _cell(
        platform,
        product,
        upgrade,
        fidelity=SHARED,
        checks=_checks("passed", reused | {"conffile": (Verdict.FAILED, "1 conffile is lost")}),
        states=(
            _state("installed", 12.0, path, ("start the machine",)),
            _state("upgraded", 312.7, path, steps, changes=tuple(big_diff())),
        ),
    )


def _not_applicable(platform: str, product: str, upgrade: str) -> Cell:
    why = (Verdict.NOT_APPLICABLE, "edge-stack 2023.4 has no package for ubuntu 24.04")
    return _cell(
        platform, product, upgrade, fidelity=EMULATED, checks=_checks("passed", {"test_": why})
    )


def _checks(
    ordinary: str, outcome: dict[str, tuple[Verdict, str]] | None = None
) -> tuple[Check, ...]:
    found = []
    for suite, tests in TESTS.items():
        for number, test in enumerate(tests):
            check_id = f"{suite}::{test}"
            plain = (Verdict(ordinary), CHANNEL_DIED if ordinary == "broken" else "")
            verdict, reason = next(
                (expected for part, expected in (outcome or {}).items() if part in check_id), plain
            )
            ran = verdict in (Verdict.PASSED, Verdict.FAILED)
            found.append(
                Check(
                    id=check_id,
                    verdict=verdict,
                    reason=reason,
                    duration_s=0.012 + number * 0.21 if ran else None,
                    states=("installed", "upgraded"),
                )
            )
    return tuple(found)


def _state(
    name: str,
    duration_s: float,
    path: str,
    steps: tuple[str, ...],
    *,
    reused: bool = False,
    changes: tuple[Change, ...] = (),
) -> State:
    weight = sum(range(1, len(steps) + 1))
    return State(
        name=name,
        key="sha256:4f2c9ab1",
        verdict=Verdict.PASSED,
        reused=reused,
        started_at="2026-03-12T09:15:00+00:00",
        duration_s=duration_s,
        steps=tuple(
            Step(
                title=title,
                started_at="2026-03-12T09:15:01+00:00",
                duration_s=round(0.9 * duration_s * (number + 1) / weight, 1),
                exit_status=0,
                transcript=f"{path}.{name}.{number}.txt",
            )
            for number, title in enumerate(steps)
        ),
        changes=changes,
        facts=f"facts/{path.partition('/')[2]}.{name}.json",
    )
