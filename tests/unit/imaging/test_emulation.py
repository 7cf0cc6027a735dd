"""Programs of another architecture need a registered handler that holds its interpreter open."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradeproof.imaging.emulation import native, obstacle
from upgradeproof.plan.images import Architecture

FOREIGN: Architecture = "arm64" if native("amd64") else "amd64"
HANDLER = "qemu-aarch64" if FOREIGN == "arm64" else "qemu-x86_64"


def test_native_follows_the_kernels_name() -> None:
    assert native("arm64", machine="aarch64")
    assert not native("arm64", machine="x86_64")


def test_the_hosts_own_architecture_needs_no_handler(tmp_path: Path) -> None:
    assert obstacle("amd64" if FOREIGN == "arm64" else "arm64", tmp_path) is None


def test_the_error_of_a_missing_handler_states_how_to_register_it(tmp_path: Path) -> None:
    assert str(obstacle(FOREIGN, tmp_path)) == (
        f"this host can't run {FOREIGN} programs\n"
        f"binfmt_misc has no handler {HANDLER}\n"
        f"To do: `make setup-{FOREIGN}` registers Debian's qemu-user-static; by hand: install "
        "qemu-user-static, and on a host without systemd mount binfmt_misc and register it"
    )


@pytest.mark.parametrize(
    ("content", "works"),
    [
        ("enabled\ninterpreter /usr/libexec/x\nflags: POF\n", True),
        ("enabled\ninterpreter /usr/libexec/x\nflags: OC\n", False),
        ("disabled\ninterpreter /usr/libexec/x\nflags: POF\n", False),
    ],
)
def test_a_handler_must_be_enabled_and_hold_its_interpreter(
    tmp_path: Path, content: str, works: bool
) -> None:
    (tmp_path / HANDLER).write_text(content)
    assert (obstacle(FOREIGN, tmp_path) is None) is works
