"""What an engine can prove: from its description, and from what its host prints."""

from __future__ import annotations

import sys

from upgradeproof.cli.engines import COLUMNS, row, table
from upgradeproof.machines.docker_states import parsed_free_bytes
from upgradeproof.machines.engine_proofs import EngineProof, proof
from upgradeproof.machines.engines import Engine

ENGINE = Engine(
    name="arm1", address="ssh://arm1", architectures=("arm64", "amd64"), kvm=True, slots=4
)
INFO = {
    "Architecture": "aarch64",
    "KernelVersion": "6.1.0-26-arm64",
    "Driver": "overlay2",
    "DriverStatus": [["Backing Filesystem", "extfs"], ["Supports d_type", "true"]],
}
DISK = "/dev/vda1 82043328 26214400 51200000 34% /"


def test_what_the_engine_and_its_host_report_is_put_together() -> None:
    printed = f"{DISK}\nkvm\nemulated x86_64\nemulated arm"
    assert proof(ENGINE, INFO, "27.1", printed, 1.5) == EngineProof(
        version="27.1",
        kernel="6.1.0-26-arm64",
        storage="overlay2 on extfs",
        architectures={"arm64": "native", "amd64": "emulated"},
        free_bytes=51200000 * 1024,
        kvm=True,
        latency_ms=1.5,
    )


def test_what_engines_toml_states_and_is_not_so_is_a_problem() -> None:
    found = proof(ENGINE, INFO, "27.1", DISK, None)
    assert found.problems(ENGINE) == [
        (
            "engines.toml states that arm1 runs amd64, and its host neither has this architecture"
            " nor emulates it: register qemu-user-static there, or remove amd64"
        ),
        (
            "engines.toml states kvm = true for arm1, and /dev/kvm can't be opened there: load its"
            " module and admit the user, or remove the key"
        ),
    ]
    assert proof(ENGINE, INFO, "27.1", f"{DISK}\nkvm\nemulated x86_64", 1.5).problems(ENGINE) == []


def test_an_engine_may_name_its_architecture_as_images_do() -> None:
    found = proof(ENGINE, {**INFO, "Architecture": "arm64"}, "4.3.1", DISK, None)
    assert found.architectures == {"arm64": "native", "amd64": "impossible"}


def test_an_engine_that_reports_little_is_still_a_row() -> None:
    found = proof(ENGINE, {"Architecture": "aarch64"}, "5.0", "", None)
    assert (found.free_bytes, found.storage, found.kvm) == (sys.maxsize, "", False)
    assert row(ENGINE, found, 3)[5:] == ("unknown", "no", "4", "3", "local")


def test_the_table_has_a_column_for_each_property() -> None:
    found = proof(ENGINE, INFO, "27.1", f"{DISK}\nkvm\nemulated x86_64", 1.5)
    assert table([COLUMNS, row(ENGINE, found, 12)]) == (
        "engine  version  architectures                 kernel          storage            free"
        "   kvm  slots  cells  request\n"
        "arm1    27.1     arm64 native, amd64 emulated  6.1.0-26-arm64  overlay2 on extfs  52 GB"
        "  yes  4      12     1.5 ms\n"
    )


def test_the_free_space_of_a_long_device_name_is_found() -> None:
    assert parsed_free_bytes("/dev/mapper/a-long-name 100 50 49 51% /var/lib/docker") == 49 * 1024
    assert parsed_free_bytes("df: /x: No such file or directory") == sys.maxsize
