"""Carry out a product's steps on a machine, and wait until it is in use."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Sequence

from upgradeproof.command import TAIL_LINES, Completed
from upgradeproof.errors import (
    CommandTimeoutError,
    EnvironmentFailedError,
    StepError,
    StepTimeoutError,
)
from upgradeproof.evidence import Evidence
from upgradeproof.machines import Machine
from upgradeproof.plan import Expectations
from upgradeproof.plan.steps import Action, Reboot, Script, Upload, UploadTree
from upgradeproof.results.journal import StepFinished, StepStarted
from upgradeproof.step_failure import decisive_lines, failed_units, lost_archive, untrusted
from upgradeproof.tree_archive import unpacking

Record = Callable[[StepStarted | StepFinished], None]
"""Takes the events of steps: writes them to a journal, and may remember them."""


class Work:
    """Carry out steps on the way of one cell to one state, each with its transcript."""

    def __init__(
        self, cell: str, state: str, evidence: Evidence, record: Record, *, done: int = 0
    ) -> None:
        """Know where transcripts and events go; ``done`` steps were carried out before."""
        self._cell = cell
        self._state = state
        self._evidence = evidence
        self._record = record
        self._count = done

    def carry_out(self, machine: Machine, actions: Sequence[Action]) -> None:
        """Carry out the actions in order.

        Raises StepError at the first that fails, StepTimeoutError at one that does not end in its
        time, with the last lines of its output: where it hangs on a prompt, that is the prompt.
        Raises EnvironmentFailedError where what failed is not the product: an archive, for one.
        """
        for action in actions:
            match action:
                case Script():
                    self.script(machine, action)
                case Upload():
                    self._recorded(action.title, lambda *_, a=action: _upload(machine, a))
                case UploadTree():
                    script, archive = unpacking(action)
                    self.script(machine, script, stdin=archive)
                case Reboot():
                    self.reboot(machine, action)

    def reboot(self, machine: Machine, action: Reboot) -> None:
        """Boot again, where the machine has a kernel of its own; elsewhere say so.

        Raises BootError when it does not come up.
        """
        if not machine.fidelity.own_kernel:
            title = f"{action.title}: left out, {machine.name} has no kernel of its own"
            self._recorded(title, lambda *_: _nothing(title))
            return

        def boot(on_output: Callable[[bytes], None]) -> Completed:
            started, seen = time.monotonic(), len(machine.logs())
            try:
                machine.reboot(timeout_s=patience_s(machine, action.timeout_s))
            finally:
                on_output(machine.logs()[seen:].encode())
            return _nothing(action.title, duration_s=time.monotonic() - started)

        self._recorded(action.title, boot)

    def script(self, machine: Machine, action: Script, *, stdin: bytes = b"") -> None:
        """Run one script under its time limit; ``stdin`` is what it reads."""
        limit_s = patience_s(machine, action.timeout_s)
        printed = bytearray()

        def run(on_output: Callable[[bytes], None]) -> Completed:
            def take(data: bytes) -> None:
                printed.extend(data)  # both streams, in the order in which they came
                on_output(data)

            return machine.run(action.script, timeout_s=limit_s, stdin=stdin, on_output=take)

        try:
            done = self._recorded(action.title, run)
        except CommandTimeoutError as error:
            if action.environment:
                raise _environment_failed(action, "in time", error.details) from None
            raise StepTimeoutError(
                f"the step {action.title!r} did not end in {limit_s:g} s and was ended",
                details=error.details,
                resolution="its last output is above: if it is a prompt, answer it in the plan",
            ) from None
        if not done.ok:
            raise _failure(machine, action, done, printed.decode("utf-8", "replace"))

    def _recorded(
        self, title: str, act: Callable[[Callable[[bytes], None]], Completed]
    ) -> Completed:
        """Do one thing, with its transcript and its two events in the journal."""
        self._count += 1
        path = self._evidence.path(self._state, f"{self._count:02d}-{title[:60]}.log")
        transcript_path = self._evidence.relative(path)
        self._record(
            StepStarted(cell=self._cell, state=self._state, title=title, transcript=transcript_path)
        )
        started = time.monotonic()
        status: int | None = None
        try:
            with self._evidence.transcript(path) as transcript:
                done = act(transcript.write)
            status = done.exit_status
            return done
        finally:
            self._record(
                StepFinished(
                    cell=self._cell,
                    state=self._state,
                    exit_status=status,
                    duration_s=time.monotonic() - started,
                )
            )


def patience_s(machine: Machine, plan_s: float) -> float:
    """Return how long something may take on a machine that the plan gives some seconds."""
    return plan_s * machine.fidelity.slowness


def _failure(
    machine: Machine, action: Script, done: Completed, output: str
) -> StepError | EnvironmentFailedError:
    """Return the error of a script that failed, by whose fault it is."""
    decisive = decisive_lines(output)
    if action.environment and (action.signed_by_us or not untrusted(output)):
        return _environment_failed(action, f"(exit status {done.exit_status})", decisive)
    if lost := lost_archive(output):
        return EnvironmentFailedError(
            f"the step {action.title!r} lost its archive: nothing is known of the product",
            details=lost,
            resolution="check that the machine can reach its archive, and run again",
        )
    return StepError(
        f"the step {action.title!r} failed with exit status {done.exit_status}",
        details="\n".join(filter(None, (decisive, failed_units(machine)))),
        resolution="the whole output is in the step's transcript",
    )


def _environment_failed(action: Script, how: str, details: str) -> EnvironmentFailedError:
    return EnvironmentFailedError(
        f"could not {action.title} {how}: nothing is known of the product",
        details=details,
        resolution=action.environment,
    )


def _upload(machine: Machine, upload: Upload) -> Completed:
    started = time.monotonic()
    content = upload.source.read_bytes()
    machine.put(content, upload.path, mode=upload.mode, owner=upload.owner)
    return _nothing(upload.title, duration_s=time.monotonic() - started)


def _nothing(title: str, duration_s: float = 0.0) -> Completed:
    """Return what a step did that has no output of its own."""
    return Completed(command=title, exit_status=0, stdout=b"", stderr=b"", duration_s=duration_s)


def wait_until_ready(
    machine: Machine,
    expect: Expectations,
    state: str,
    timeout_s: float,
    *,
    stays_s: float = 0.0,
) -> str:
    """Wait until the services are active and the ports listen; return what still is not, or "".

    They have to be so for ``stays_s`` seconds: many a service starts, and dies of what it finds.
    One script waits on the machine itself: nothing is polled over the channel.
    """
    ports = {
        (port.protocol, number)
        for port in expect.port
        if (number := port.number_in(state)) is not None
    }
    limit_s = patience_s(machine, timeout_s)
    script = _ready_script(expect.units_in(state), sorted(ports), limit_s, stays_s)
    done = machine.run(script, timeout_s=limit_s + 30)
    return "" if done.ok else "\n".join(done.text.splitlines()[-TAIL_LINES:])


def wait_until_old(machine: Machine, units: Sequence[str], age_s: float) -> None:
    """Wait until each active unit has been up for ``age_s`` seconds, at most that long.

    A service that dies some seconds after each start has then been restarted, or has failed. Most
    services have been up for longer when the upgrade ends, and nothing is waited for.
    """
    if not units or age_s <= 0:
        return
    properties = "--property=ActiveEnterTimestampMonotonic,ActiveState"
    script = (
        f"systemctl show {properties} -- {shlex.join(units)} |\n"
        f"awk -F = -v most={age_s:.0f} '\n"
        '  BEGIN { getline <"/proc/uptime"; split($0, now, " ") }\n'
        '  $1 == "ActiveEnterTimestampMonotonic" && $2 > newest { newest = $2 }\n'
        "  END { left = most - (now[1] - newest / 1000000)\n"
        "    left = left < 0 ? 0 : (left > most ? most : left + 0.999)\n"
        '    printf "%d\\n", left }\'\n'
    )
    machine.run(f'left=$({script})\nsleep "${{left:-0}}"', timeout_s=age_s + 30)


def _ready_script(
    units: Sequence[str], ports: Sequence[tuple[str, int]], timeout_s: float, stays_s: float
) -> str:
    """Return the script: it prints what is not ready and exits 1 when the time is over.

    It ends at once where a service has failed, or is inactive and no job of systemd's is left, and
    none is on its way up: no time brings it back.
    """
    checks = [
        f"systemctl -q is-active {unit} || echo {name} is $(systemctl is-active {unit})"
        for unit, name in (
            (shlex.quote(unit), shlex.quote(unit.removesuffix(".service"))) for unit in units
        )
    ]
    for protocol, number in ports:
        listening = "0A" if protocol == "tcp" else "07"
        pattern = f":{number:04X} [0-9A-F]*:0000 {listening} "
        checks.append(
            f"cat /proc/net/{protocol} /proc/net/{protocol}6 2>/dev/null | grep -q '{pattern}'"
            f" || echo nothing listens on {protocol} port {number}"
        )
    body = "\n".join(checks) or ":"
    again = (
        f'  [ -n "$missing" ] || {{ sleep {stays_s:g}; missing=$(ready); }}\n' if stays_s else ""
    )
    states = f"systemctl is-active {shlex.join(units)}" if units else ":"
    return (
        f"ready() {{\n{body}\n}}\n"
        f"lost() {{ case $({states}) in\n"
        "*activating*) false;; *failed*) ;;\n"
        '*inactive*) [ -z "$(systemctl list-jobs --no-legend)" ];; *) false;; esac; }\n'
        f"end=$(($(date +%s) + {timeout_s:.0f}))\n"
        "while :; do\n"
        "  missing=$(ready)\n"
        f"{again}"
        '  [ -n "$missing" ] || exit 0\n'
        '  if [ "$(date +%s)" -ge "$end" ] || lost; then echo "$missing"; exit 1; fi\n'
        "  sleep 0.1\n"
        "done"
    )
