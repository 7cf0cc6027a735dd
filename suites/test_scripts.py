"""The administrator's scripts and jobs, run on clones, do what they did before the upgrade."""

from collections.abc import Iterator

import pytest

from upgradeproof.probes.script_runs import ScriptRun, ScriptRuns
from upgradeproof.probes.text import new_lines
from upgradeproof.runner import State

LINES = 20


def runs(before: State, after: State) -> Iterator[tuple[str, ScriptRun, ScriptRun]]:
    """Yield each script that is there in both states, with what it did."""
    for name, was in before[ScriptRuns].items():
        now = after[ScriptRuns].get(name)
        if now is not None:
            yield name, was, now


def end(run: ScriptRun) -> str:
    return run.problem or f"exit status {run.exit_status}"


@pytest.mark.subject("scripts")
def test_scripts_end_as_before(
    installed_rebooted: State,
    rebooted: State,
    scripts: str,  # noqa: ARG001  # asked for by the plan
) -> None:
    other = [
        "\n".join([f"{name}: {end(now)}, where it was {end(was)}", *now.stderr[-LINES:]])
        for name, was, now in runs(installed_rebooted, rebooted)
        if end(was) != end(now)
    ]
    assert not other, "\n".join(other)


@pytest.mark.subject("scripts")
def test_scripts_print_no_new_error(
    installed_rebooted: State,
    rebooted: State,
    scripts: str,  # noqa: ARG001
) -> None:
    new = [
        "\n".join([f"{name} prints errors that are new:", *lines[-LINES:]])
        for name, was, now in runs(installed_rebooted, rebooted)
        if (lines := new_lines(was.stderr, now.stderr))
    ]
    assert not new, "\n".join(new)


@pytest.mark.subject("scripts")
def test_scripts_still_write_their_files(
    installed_rebooted: State,
    rebooted: State,
    scripts: str,  # noqa: ARG001
) -> None:
    """A file that holds nothing any more counts as one that was not written."""
    lost = [
        f"{name} wrote {path} ({size} bytes), and "
        + ("leaves it empty" if path in now.written else "does not write it any more")
        for name, was, now in runs(installed_rebooted, rebooted)
        for path, size in was.written.items()
        if size and not now.written.get(path)
    ]
    assert not lost, "\n".join(lost)
