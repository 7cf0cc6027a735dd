"""What the plan of a cell asks the probes to read in a state."""

from __future__ import annotations

import shlex
from typing import Literal

from upgradeproof.clients import CLIENTS, HttpQuestion, https_script, raw_script
from upgradeproof.daemons import daemons
from upgradeproof.plan import Cell, Endpoint, Expectations
from upgradeproof.probes import CommandInput, ConfigInput, ProbeInputs, TlsInput
from upgradeproof.states import has_new_release

_WHOLE_HEADS = ("curl", "openssl", "python3")
"""Clients that print the head of an answer as the server sent it."""


def probe_inputs(cell: Cell, state: str, since: float = 0.0) -> ProbeInputs:
    """Return what the probes must read; ``since`` is when the state began, in seconds.

    Components and packages are those of all releases: upgrades that begin alike share
    ``installed``.
    """
    expect, asked = cell.expect, cell.plan.preflight
    commands = (part.command for release in cell.plan.release for part in release.component)
    return ProbeInputs(
        since=since,
        daemons=daemons(cell.plan.folder),
        commands=tuple(dict.fromkeys(filter(None, commands))),
        runs=tuple(
            CommandInput(
                id=c.id,
                script=c.script,
                user=c.user,
                contains=c.contains,
                mask=c.mask,
                timeout_s=c.timeout_s,
            )
            for c in expect.command
        ),
        reads=tuple(CommandInput(id=d.id, script=d.to_read(), mask=d.mask) for d in expect.data),
        rewrites=tuple(
            CommandInput(id=name, script=script)
            for data in expect.data
            if (another := data.another)
            for name, script in (
                (f"{data.id}/write", another.to_write()),
                (data.id, another.to_read()),
            )
        ),
        https=_https(expect, state),
        web=_web(expect, state),
        tls=tuple(
            TlsInput(
                id=e.id,
                port=expect.port_in(state, e.port),
                host=e.host,
                starttls=e.kind if e.starttls else "",
            )
            for e in expect.endpoint
            if e.speaks_tls
        ),
        run_scripts=expect.scripts == "run",
        folders=asked.folders,
        measured_folder=asked.storage_iops.path if asked.storage_iops.asked else "",
        configs=tuple(
            ConfigInput(path=c.path, format=c.format_in(state), check=c.check)
            for c in expect.config
        ),
        certificates=expect.certificates,
        modules=expect.modules,
        services=expect.units_in(state),
        min_uptime_s=cell.plan.min_uptime_s if has_new_release(state) else 0.0,
        packages=tuple(sorted({name for each in cell.plan.release for name in each.packages})),
    )


def _https(expect: Expectations, state: str) -> tuple[CommandInput, ...]:
    """Return what asks each https endpoint by each client, from inside of the machine."""
    found = []
    for endpoint in expect.endpoint:
        if endpoint.kind == "https" and endpoint.from_ != "outside":
            question = _question(expect, state, endpoint)
            found += [
                CommandInput(id=f"{endpoint.id}/{client}", script=https_script(question, (client,)))
                for client in CLIENTS
            ]
    return tuple(found)


def _question(expect: Expectations, state: str, endpoint: Endpoint) -> HttpQuestion:
    return HttpQuestion(
        address=endpoint.socket or "127.0.0.1",
        port=expect.port_in(state, endpoint.port) if endpoint.port else 0,
        host=endpoint.host,
        path=endpoint.path,
        ca=endpoint.ca,
    )


def _web(expect: Expectations, state: str) -> tuple[CommandInput, ...]:
    """Return what asks each web endpoint once, from inside of the machine."""
    return tuple(
        CommandInput(id=e.id, script=_head(expect, state, e))
        for e in expect.endpoint
        if e.kind in ("http", "https") and e.from_ != "outside"
    )


def _head(expect: Expectations, state: str, endpoint: Endpoint) -> str:
    """Return what asks a web endpoint once and prints the head of its answer."""
    question = _question(expect, state, endpoint)
    if endpoint.kind == "https":
        asking = https_script(question, _WHOLE_HEADS)
    else:
        transport: Literal["tcp", "unix"] = "unix" if endpoint.socket else "tcp"
        script = raw_script(
            transport, question.address, question.port, ends="close", user=endpoint.user
        )
        asking = f"printf %s {shlex.quote(question.request)} | ({script})"
    return f"({asking}\n) | head -c 16384 | tr -d '\\r'"
