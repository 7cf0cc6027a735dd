"""The administrator's scripts and jobs, run on clones, do what they did before the upgrade."""

from collections.abc import Iterator, Sequence

import pytest

from upgradeproof.probes.script_runs import ScriptRun, ScriptRuns
from upgradeproof.probes.text import new_lines
from upgradeproof.runner import State

LINES = 20
SMALL = 100
"""Bytes: a shorter file may halve because one line of it is shorter."""


def runs(before: State, after: State) -> Iterator[tuple[str, ScriptRun, ScriptRun]]:
    """Yield each script that is there in both states, with what it did."""
    if not before[ScriptRuns]:
        pytest.skip("the machine had no script or job of an administrator before the upgrade")
    for name, was in before[ScriptRuns].items():
        now = after[ScriptRuns].get(name)
        if now is not None:
            yield name, was, now


def lesser(before: int, after: int | None) -> str:
    """Return what is less about the size of a file, in bytes, or ""."""
    if after is None:
        return "does not write it any more" if before else ""
    if before and not after:
        return "leaves it empty"
    return f"now writes {after} bytes" if before >= SMALL and after < before / 2 else ""


def texts(
    was: ScriptRun, now: ScriptRun
) -> Iterator[tuple[str, str, Sequence[str], Sequence[str]]]:
    """Yield each text of a script: what it is, its field, and its lines before and after."""
    yield "prints other lines", "stdout", was.stdout, now.stdout
    for path in sorted(was.texts.keys() & now.texts.keys()):
        yield f"writes other lines to {path}", "texts", was.texts[path], now.texts[path]


def changed_lines(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Return the lines that were removed and added, as a diff; numbers make no difference."""
    gone = [f"-{line}" for line in new_lines(after, before)]
    return [*gone[:LINES], *(f"+{line}" for line in new_lines(before, after)[:LINES])]


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
    """A file that holds nothing, or less than half, counts as one that was not written."""
    lost = [
        f"{name} wrote {path} ({size} bytes), and {less}"
        for name, was, now in runs(installed_rebooted, rebooted)
        for path, size in was.written.items()
        if (less := lesser(size, now.written.get(path)))
    ]
    assert not lost, "\n".join(lost)


@pytest.mark.subject("scripts")
def test_scripts_print_and_write_the_same_text(
    installed_rebooted: State,
    rebooted: State,
    scripts: str,  # noqa: ARG001
) -> None:
    """Numbers, dates and hexadecimal strings may differ, and what the plan expects."""
    other = [
        "\n".join([f"{name} {what}:", *lines])
        for name, was, now in runs(installed_rebooted, rebooted)
        for what, field, before, after in texts(was, now)
        if (lines := changed_lines(before, after))
        and not rebooted.reason_for(f"script_runs/{name}/{field}")
    ]
    assert not other, "\n".join(other)
