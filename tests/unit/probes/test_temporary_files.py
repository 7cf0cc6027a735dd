"""What lies in the folders of temporary files, and which of it an upgrade left there."""

from __future__ import annotations

from upgradeproof.probes import Facts, diff
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.temporary_files import TemporaryFile, TemporaryFiles

LOG = TemporaryFile(type="file", owner="root", mode="0644")


def test_random_parts_of_names_are_replaced() -> None:
    output = (
        "/tmp/./install.log\tf\troot\t644\n"
        "/tmp/./tmp.aB3dEf7hIj\td\troot\t700\n"
        "/var/tmp/./app-4711\tf\tapp\t600\n"
        "/var/tmp/./app.Zx81qq.log\tf\tapp\t600\n"
        "/tmp/./link\tl\troot\t777\nno line\n"
    )
    assert TemporaryFiles.parse(output, ProbeInputs()) == {
        "/tmp/install.log": LOG,
        "/tmp/tmp.RANDOM": TemporaryFile(type="directory", owner="root", mode="0700"),
        "/var/tmp/app-RANDOM": TemporaryFile(type="file", owner="app", mode="0600"),
        "/var/tmp/app.RANDOM.log": TemporaryFile(type="file", owner="app", mode="0600"),
    }


def facts(system: str, **files: TemporaryFile) -> Facts:
    version = OperatingSystem(state="running", id="debian", version=system)
    return Facts({"system": {"system": version}, "temporary_files": files})


def test_what_an_upgrade_of_single_packages_leaves_is_not_explained() -> None:
    before, after = facts("12"), facts("12", a=LOG)
    (line,) = diff(before, after)
    assert line.path == "temporary_files/a"
    assert not TemporaryFiles.explain(line, before, after)
    assert not list(diff(after, before))


def test_another_mode_and_an_upgrade_of_the_distribution_are_explained() -> None:
    before, after = facts("12"), facts("13", a=LOG)
    lines = [line for line in diff(before, after) if line.path == "temporary_files/a"]
    assert TemporaryFiles.explain(lines[0], before, after)
    other = facts("12", a=LOG.model_copy(update={"mode": "0600"}))
    (line,) = diff(facts("12", a=LOG), other)
    assert TemporaryFiles.explain(line, facts("12", a=LOG), other)
