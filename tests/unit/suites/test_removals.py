"""What fails, or goes, when the packages under test are configured again and removed."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

import suites.test_removals as suite
from upgradeproof.command import Completed
from upgradeproof.machines import Machine
from upgradeproof.runner.removals import Done, Removal, worse


class PrintingMachine:
    """A machine that prints a text for the removal, and then which of some paths it still has."""

    def __init__(self, printed: str, *left: str) -> None:
        self._printed = printed
        self._left = left

    def run(self, script: str, **_: Any) -> Completed:
        asked = "dpkg" not in script
        found = "".join(f"{path}\n" for path in self._left if path in script)
        text = found if asked else self._printed
        return Completed(
            command="", exit_status=0, stdout=text.encode(), stderr=b"", duration_s=0.0
        )


def removal(printed: str, *left: str) -> Removal:
    return Removal(cast("Machine", PrintingMachine(printed, *left)), ["a"])


def ended(configure: str, remove: str, purge: str = "0") -> str:
    return (
        f"ended\tconfigure\ta\t{configure}\nlog\tconfigure\ta\tmkdir: File exists\n"
        f"ended\tremove\ta\t{remove}\nlog\tremove\ta\n"
        f"ended\tpurge\ta\t{purge}\n"
    )


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (ended("0", "0"), ended("1", "0"), "a can't be configured again: exit status 1"),
        (ended("0", "0"), ended("0", "1", "1"), "a can't be removed: exit status 1"),
        (ended("0", "0"), ended("0", "0", "1"), "a can't be purged: exit status 1"),
    ],
)
def test_a_new_failure_is_reported(before: str, after: str, message: str) -> None:
    check = suite.test_packages_are_configured_again_and_removed_as_before
    with pytest.raises(AssertionError) as caught:
        check((removal(before), removal(after)))
    text = str(caught.value).partition("\nassert ")[0]
    assert text.split("\n")[0] == message
    assert text.count("can't be") == 1
    check((removal(after), removal(after)))


def test_the_output_of_a_failed_script_is_in_the_message() -> None:
    check = suite.test_packages_are_configured_again_and_removed_as_before
    with pytest.raises(AssertionError, match="mkdir: File exists"):
        check((removal(ended("0", "0")), removal(ended("1", "0"))))


def test_what_goes_with_the_new_packages_alone_is_reported() -> None:
    done = ended("0", "0")
    gone = f"{done}gone\t/var/backups\ngone\t/var/lib/a\n"
    with pytest.raises(AssertionError, match=r"before: /var/backups\n"):
        suite.test_removal_takes_nothing_that_it_left_before(
            (removal(done, "/var/backups"), removal(gone))
        )
    suite.test_removal_takes_nothing_that_it_left_before((removal(done), removal(gone)))
    suite.test_removal_takes_nothing_that_it_left_before((removal(done), removal(done)))


@pytest.mark.parametrize(
    "check",
    [
        suite.test_packages_are_configured_again_and_removed_as_before,
        suite.test_removal_takes_nothing_that_it_left_before,
    ],
)
@pytest.mark.parametrize(("before", "after"), [("", ended("1", "0")), (ended("0", "0"), "")])
def test_packages_that_are_not_installed_prove_nothing(
    check: Callable[[tuple[Removal, Removal]], None], before: str, after: str
) -> None:
    with pytest.raises(pytest.skip.Exception, match="nothing was removed"):
        check((removal(before), removal(after)))


def test_output_without_an_end_of_the_removal_is_judged_as_far_as_it_goes() -> None:
    cut = "ended\tremove\ta\t0\nended\tpurge\tb\t1\ngone\nended\tpurge\n"
    sound = "ended\tremove\ta\t0\nended\tpurge\tb\t0\n"
    assert worse(removal(sound), removal(cut)) == []
    assert removal(cut).gone == ()


def test_secrets_and_terminal_escapes_of_a_script_are_not_in_the_message() -> None:
    failed = "ended\tconfigure\ta\t1\nlog\tconfigure\ta\t\x1b[1m password=Hunter2x\n"
    text = "\n".join(worse(removal(ended("0", "0")), removal(failed)))
    assert text.split("\n") == [
        "a can't be configured again: exit status 1",
        "  \N{REPLACEMENT CHARACTER}[1m password=(secret)",
    ]


DPKG_QUERY = """#!/bin/sh
case $3 in
  *Status*) [ "$4" = gone ] && echo config-files || echo installed ;;
  *) echo 1.0 ;;
esac
"""


class Shell:
    """A machine that runs scripts on this host, with stubs of dpkg and a folder as its root."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def run(self, script: str, *, timeout_s: float) -> Completed:
        for path in ("/run/upgradeproof", "/var/lib/dpkg/info"):
            script = script.replace(path, f"{self._root}{path}")
        script = script.replace("PATH=/usr/local/sbin", f"PATH={self._root}/bin:/usr/local/sbin")
        script = script.replace("/etc /home /root /opt /srv /usr/local", f"{self._root}/srv")
        done = subprocess.run(
            ["sh", "-c", script], capture_output=True, check=False, timeout=min(timeout_s, 20)
        )
        return Completed(
            command="", exit_status=0, stdout=done.stdout, stderr=done.stderr, duration_s=0.0
        )


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def test_a_process_that_a_script_leaves_behind_does_not_delay_the_rest(tmp_path: Path) -> None:
    for folder in ("run", "srv"):
        (tmp_path / folder).mkdir()
    program(tmp_path / "bin/dpkg", "#!/bin/sh\nexit 0\n")
    program(tmp_path / "bin/dpkg-query", DPKG_QUERY)
    script = "#!/bin/sh\necho started\nsleep 60 &\necho $! >PIDFILE\nexit 3\n"
    program(tmp_path / "var/lib/dpkg/info/a.postinst", script.replace("PIDFILE", f"{tmp_path}/pid"))
    found = Removal(cast("Machine", Shell(tmp_path)), ["a", "gone"])
    try:
        assert found.done == {
            ("configure", "a"): Done("3", ("started",)),
            ("remove", "a"): Done("0"),
            ("purge", "a"): Done("0"),
        }
    finally:
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)
