"""`dkms status` of Debian 11 (DKMS 2), 12 and 13 (DKMS 3), and the logs of builds."""

from __future__ import annotations

import pytest

from tests.unit.probes.captured_text import captured
from upgradeproof.probes.dkms import Dkms, DkmsModule
from upgradeproof.probes.inputs import ProbeInputs


def test_modules_are_read_with_their_kernels() -> None:
    modules = Dkms.parse(captured("dkms"), ProbeInputs())
    assert modules["lighthouse/1.2.8/6.1.0-44-cloud-amd64"] == DkmsModule(
        name="lighthouse",
        version="1.2.8",
        kernel="6.1.0-44-cloud-amd64",
        architecture="x86_64",
        state="installed",
        log="all went well",
    )
    built = modules["lighthouse/1.2.8/6.12.90+deb13.1-cloud-amd64"]
    assert (built.state, built.note) == (
        "built",
        "(WARNING! Diff between built and installed module!)",
    )


def test_a_module_that_failed_to_build_has_the_log_of_the_build() -> None:
    beacon = Dkms.parse(captured("dkms"), ProbeInputs())["beacon/2.0"]
    assert (beacon.kernel, beacon.state) == ("", "added")
    assert beacon.log.endswith("implicit declaration of function 'old_function'")


@pytest.mark.parametrize(
    ("line", "key", "state"),
    [
        ("lighthouse, 1.2.8, 5.10.0-38-amd64, x86_64: installed", "5.10.0-38-amd64", "installed"),
        ("lighthouse, 1.2.8: added", "", "added"),
        ("lighthouse/1.2.8, 6.1.0-44-arm64, aarch64: built", "6.1.0-44-arm64", "built"),
        ("lighthouse/1.2.8: broken", "", "broken"),
    ],
)
def test_the_output_of_every_release_is_read(line: str, key: str, state: str) -> None:
    ((name, module),) = Dkms.parse(f"status\t{line}\n", ProbeInputs()).items()
    assert name == "/".join(filter(None, ("lighthouse/1.2.8", key)))
    assert (module.name, module.version, module.kernel) == ("lighthouse", "1.2.8", key)
    assert module.state == state


def test_an_unknown_line_is_reported_and_a_warning_is_not() -> None:
    modules = Dkms.parse(captured("dkms"), ProbeInputs())
    assert {key for key, module in modules.items() if module.state == "unreadable"} == {
        "Error! Could not locate dkms.conf file."
    }


def test_a_machine_without_dkms_has_none() -> None:
    assert Dkms.parse("", ProbeInputs()) == {}
