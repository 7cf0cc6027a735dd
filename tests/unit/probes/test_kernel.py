"""The kernel, its modules and the system around them."""

from __future__ import annotations

import pytest

from upgradeproof.errors import HarnessError
from upgradeproof.probes import Facts, diff
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.kernel import Kernel, RunningKernel
from upgradeproof.probes.modules import Module, Modules
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.packages import Package
from upgradeproof.probes.system import System

KERNEL = """\
release\t6.1.0-44-cloud-amd64
version\t#1 SMP PREEMPT_DYNAMIC Debian 6.1.164-1
architecture\tx86_64
boot_id\t81e8387d-1e4c-43ab-88b7-03c7cffee746
taint\t4096
command_line\troot=/dev/vda1 ro quiet
uptime_s\t507.61
image\t6.1.0-44-cloud-amd64
image\t5.10.0-38-cloud-amd64
"""
MODULES = """\
nf_tables 303104 0 - Live 0x0000000000000000
nfnetlink 20480 1 nf_tables, Live 0x0000000000000000
lighthouse 16384 0 - Live 0x0000000000000000 (OE)
=nf_tables
=lighthouse
/sys/module/lighthouse/version:1.3.0
/sys/module/lighthouse/parameters/interval_ms:250
/sys/module/lighthouse/parameters/name:a:b/c
=loop
/sys/module/loop/parameters/max_loop:8
"""


def test_the_running_kernel_is_read() -> None:
    assert Kernel.parse(KERNEL, ProbeInputs())["running"] == RunningKernel(
        release="6.1.0-44-cloud-amd64",
        version="#1 SMP PREEMPT_DYNAMIC Debian 6.1.164-1",
        architecture="x86_64",
        taint=4096,
        images=("5.10.0-38-cloud-amd64", "6.1.0-44-cloud-amd64"),
        parameters=("root=/dev/vda1", "ro", "quiet"),
        boot_id="81e8387d-1e4c-43ab-88b7-03c7cffee746",
        uptime_s=507.61,
    )


def test_a_kernel_without_release_or_version_is_an_error() -> None:
    with pytest.raises(HarnessError, match=r"^/proc does not describe the kernel"):
        Kernel.parse("release\t6.1\ntaint\tmuch\n", ProbeInputs())


def test_loaded_modules_are_read_with_their_parameters() -> None:
    modules = Modules.parse(MODULES, ProbeInputs())
    assert set(modules) == {"nf_tables", "nfnetlink", "lighthouse", "loop"}
    assert modules["lighthouse"] == Module(
        state="Live",
        version="1.3.0",
        taint="OE",
        parameters={"interval_ms": "250", "name": "a:b/c"},
        size_bytes=16384,
        references=0,
    )


def test_a_module_of_the_plan_may_be_built_in() -> None:
    loop = Modules.parse(MODULES, ProbeInputs())["loop"]
    assert loop == Module(state="builtin", parameters={"max_loop": "8"})


def test_a_kernel_without_module_support_has_none() -> None:
    assert Modules.parse("", ProbeInputs()) == {}


def test_names_of_modules_are_normalised_as_in_the_kernel() -> None:
    script = Modules.script(ProbeInputs(modules=("tcp-cubic", "a; reboot")))
    assert script.startswith("set -- tcp_cubic 'a; reboot'\n")


def test_the_system_is_read() -> None:
    output = 'degraded\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nVERSION_ID="13"\nID=debian\n'
    assert System.parse(output, ProbeInputs())["system"] == OperatingSystem(
        state="degraded", id="debian", version="13", name="Debian GNU/Linux 13 (trixie)"
    )


def test_a_system_without_output_is_unknown() -> None:
    assert System.parse('ID="unclosed\n', ProbeInputs())["system"] == OperatingSystem(
        state="unknown", id='"unclosed'
    )


def images(*releases: str) -> Facts:
    """Return facts of a machine with images of these releases, each of a package of its own."""
    record = RunningKernel(release="6.1", version="1", architecture="x86_64", images=releases)
    packages = {
        f"linux-image-{release}": Package(version="1", state="install ok installed")
        for release in releases
        if release != "own"
    }
    return Facts({"kernel": {"running": record}, "packages": packages})


@pytest.mark.parametrize(
    ("before", "after", "explained"),
    [
        (("6.1",), ("6.1", "6.12"), True),
        (("6.1",), ("6.12",), False),
        (("6.1",), ("6.1", "own"), False),
    ],
    ids=["next to the old one", "instead of the old one", "of no package"],
)
def test_an_image_of_a_new_package_is_explained(
    before: tuple[str, ...], after: tuple[str, ...], explained: bool
) -> None:
    was, now = images(*before), images(*after)
    (line,) = (line for line in diff(was, now) if line.path.startswith("kernel/"))
    assert bool(Kernel.explain(line, was, now)) is explained
