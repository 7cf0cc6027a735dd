"""What fails, or goes, when the packages under test are configured again and removed."""

from __future__ import annotations

from typing import Any, cast

import pytest

import suites.test_removals as suite
from upgradeproof.command import Completed
from upgradeproof.machines import Machine
from upgradeproof.runner.removals import Removal


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
    check((removal(""), removal(after)))


def test_the_output_of_a_failed_script_is_in_the_message() -> None:
    check = suite.test_packages_are_configured_again_and_removed_as_before
    with pytest.raises(AssertionError, match="mkdir: File exists"):
        check((removal(ended("0", "0")), removal(ended("1", "0"))))


def test_what_goes_with_the_new_packages_alone_is_reported() -> None:
    gone = "gone\t/var/backups\ngone\t/var/lib/a\n"
    with pytest.raises(AssertionError, match=r"before: /var/backups\n"):
        suite.test_removal_takes_nothing_that_it_left_before(
            (removal("", "/var/backups"), removal(gone))
        )
    suite.test_removal_takes_nothing_that_it_left_before((removal(""), removal(gone)))
    suite.test_removal_takes_nothing_that_it_left_before((removal(""), removal("")))
