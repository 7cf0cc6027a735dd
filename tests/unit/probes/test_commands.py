"""Commands in PATH, and the packages that explain a removed or replaced command."""

from __future__ import annotations

import pytest

from tests.unit.probes.captured_text import captured
from upgradeproof.probes import Difference, Facts, ProbeInputs, diff
from upgradeproof.probes.commands import Command, Commands
from upgradeproof.probes.packages import Package

NAME, NEW_NAME = "commands/last", "commands/python3/program"


def facts(commands: dict[str, Command], **versions: str) -> Facts:
    installed = "install ok installed"
    packages = {name: Package(version=it, state=installed) for name, it in versions.items()}
    return Facts({"commands": commands, "packages": packages})


def test_the_commands_of_a_real_machine_are_read() -> None:
    found = Commands.parse(captured("commands"), ProbeInputs())
    assert found["last"] == Command(path="/usr/bin/last", package="util-linux")
    assert found["python3"].program == "/usr/bin/python3.11"
    assert found["awk"] == Command(path="/usr/bin/awk", program="/usr/bin/gawk", package="gawk")


def test_an_added_command_is_no_difference() -> None:
    before, after = facts({}), facts({"new": Command(path="/usr/bin/new", package="tool")})
    assert diff(before, after) == ()


def test_a_removed_command_is_explained_by_its_package() -> None:
    command = Command(path="/usr/bin/last", package="tool")
    before = facts({"last": command}, tool="2.38")
    line = Difference(path=NAME, before="path=/usr/bin/last", after=None)
    assert Commands.explain(line, before, facts({}, tool="2.41")) == "tool 2.38 -> 2.41"
    assert Commands.explain(line, before, facts({})) == "tool was removed"
    assert Commands.explain(line, before, facts({}, tool="2.38")) == ""


def test_a_removed_command_of_no_package_is_not_explained() -> None:
    before, after = facts({"last": Command(path="/usr/local/bin/last")}, tool="1"), facts({})
    assert [line.path for line in diff(before, after)] == [*["commands/last"], "packages/tool"]
    assert Commands.explain(diff(before, after)[0], before, after) == ""


@pytest.mark.parametrize(("versions", "why"), [({"py": "1"}, ""), ({"py": "2"}, "py 1 -> 2")])
def test_another_default_program_is_explained_by_its_package(
    versions: dict[str, str], why: str
) -> None:
    old, new = (
        Command(path="/usr/bin/python3", program=f"/usr/bin/python3.{minor}", package="py")
        for minor in (11, 13)
    )
    before, after = facts({"python3": old}, py="1"), facts({"python3": new}, **versions)
    line = next(line for line in diff(before, after) if line.path == NEW_NAME)
    assert (line.before, line.after) == ("/usr/bin/python3.11", "/usr/bin/python3.13")
    assert Commands.explain(line, before, after) == why


def test_lines_of_another_format_are_ignored() -> None:
    assert Commands.parse("command\ta\nnoise\n\tb\tc\td\te\n", ProbeInputs()) == {}
