"""Read the facts of a machine: all probes in one pass, in one command."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from upgradeproof.errors import HarnessError
from upgradeproof.extensions import contained
from upgradeproof.machines import Machine
from upgradeproof.probes.base import Facts, Probe, Record, every_probe
from upgradeproof.probes.inputs import ProbeInputs

PASS_TIMEOUT_S = 300.0
"""Limit of one pass of all probes; on an idle two-core host a pass takes about one second in a
container. An emulated machine that lists its initramfs takes minutes at worst."""


def ordinary_probes() -> tuple[type[Probe[Any]], ...]:
    """Return the probes that change nothing, which every state has."""
    return tuple(probe for probe in every_probe() if not probe.intrusive)


def read(
    machine: Machine,
    inputs: ProbeInputs,
    probes: Sequence[type[Probe[Any]]] | None = None,
    *,
    folder: str = "/run",
    prelude: str = "",
) -> Facts:
    """Read some probes in one command on the machine; by default all that change nothing.

    The probes run side by side, each into a file on the machine's own tmpfs, so that a full disk
    hides nothing; the answer holds name, exit status and size of each before its bytes. ``folder``
    is where that tmpfs is; ``prelude`` runs before the probes, in their shell. Raises
    HarnessError when a probe's script fails or its output can't be parsed.
    """
    probes = ordinary_probes() if probes is None else probes
    limit_s = PASS_TIMEOUT_S * machine.fidelity.slowness
    done = machine.run(_pass_script(probes, inputs, folder, prelude), timeout_s=limit_s)
    if not done.ok:
        raise HarnessError(
            f"the probes' pass on {machine.name} ended with exit status {done.exit_status}",
            details=done.tail,
        )
    outputs = _unframe(done.stdout)
    sections: dict[str, dict[str, Record]] = {}
    for probe in probes:
        status, output, complaint = outputs[probe.section]
        if status == _LOST:
            raise HarnessError(
                f"the probe {probe.section!r} was killed on {machine.name}",
                details=complaint,
                resolution="look for a killed process in the machine's log: was memory short?",
            )
        if status != "0":
            raise HarnessError(
                f"the probe {probe.section!r} failed on {machine.name} with exit status {status}",
                details=complaint,
                resolution=f"fix {_file_of(probe)}",
            )
        with contained(f"the parser of the probe {probe.section!r}", probe.__module__):
            sections[probe.section] = dict(sorted(probe.parse(output, inputs).items()))
    return Facts(sections)


def _file_of(probe: type[Probe[Any]]) -> str:
    """Return the file of a probe as an error names it: of the engine by its module."""
    engine = probe.__module__.startswith("upgradeproof.")
    by_name = f"{probe.__module__.replace('.', '/')}.py"
    return by_name if engine else str(sys.modules[probe.__module__].__file__)


def _pass_script(
    probes: Sequence[type[Probe[Any]]], inputs: ProbeInputs, folder: str, prelude: str
) -> str:
    """Return the script of a pass: as many workers as processors, each taking the next free probe.

    All at once would take longer where processes are expensive: 43 s, not 29 s, under emulation.
    """
    lines = [
        *("set -e", f"d=$(mktemp -d {folder}/upgradeproof.XXXXXX)", "trap 'rm -rf \"$d\"' EXIT"),
        f"export LC_ALL=C SYSTEMD_BUS_TIMEOUT={PASS_TIMEOUT_S:.0f}s PASS_FOLDER=$d",
    ]
    lines += [prelude] if prelude else []
    names = [probe.section for probe in sorted(probes, key=lambda probe: -probe.cost_ms)]
    for probe in probes:
        with contained(f"the script of the probe {probe.section!r}", probe.__module__):
            script = probe.script(inputs)
        lines += [f"probe_{probe.section}() ( set +C", script, ")"]
    lines += [
        "worker() {",
        "set +e -C",  # the first worker to make a probe's file has it
        f"for name in {' '.join(names)}; do",
        'true 2>/dev/null >"$d/$name.out" || continue',
        '"probe_$name" >>"$d/$name.out" 2>"$d/$name.err"',
        'echo $? >"$d/$name.status"',
        "done",
        "}",
        'for worker in $(seq "$(nproc)"); do worker </dev/null & done',
        "wait",
    ]
    lines += [_FRAME, *(f"frame {name}" for name in names)]
    return "\n".join(lines)


_LOST = "lost"
# A worker that was killed left no status, and maybe no output.
_FRAME = """frame() {
  : >>"$d/$1.out"; : >>"$d/$1.err"; status=$(cat "$d/$1.status" 2>/dev/null) || :
  printf '%s %s %s %s\\n' "$1" "${status:-LOST}" "$(wc -c <"$d/$1.out")" "$(wc -c <"$d/$1.err")"
  cat "$d/$1.out" "$d/$1.err"
}""".replace("LOST", _LOST)


def _unframe(answer: bytes) -> dict[str, tuple[str, str, str]]:
    """Return exit status, output and complaints by section. Raises HarnessError."""
    outputs = {}
    while answer:
        header, _, answer = answer.partition(b"\n")
        try:
            name, status, *sizes = header.decode().split()
            out, err = (int(size) for size in sizes)
        except ValueError:
            raise HarnessError(
                "the output of the probes' pass is damaged",
                details=header[:300].decode("utf-8", "backslashreplace"),
                resolution="does a process that a probe started go on printing?",
            ) from None
        outputs[name] = (
            status,
            answer[:out].decode("utf-8", "replace"),
            answer[out : out + err].decode("utf-8", "replace"),
        )
        answer = answer[out + err :]
    return outputs
