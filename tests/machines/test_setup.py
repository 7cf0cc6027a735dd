"""The set-up: what it says where it can't work, and that it does nothing twice.

That it works on a new machine is what CI shows with every run.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.models.containers import Container

from upgradeproof import cache
from upgradeproof.imaging import Images
from upgradeproof.machines import engine
from upgradeproof.plan.images import Platform, load_images

ROOT = Path(__file__).parents[2]
BY_HAND = (
    "Python 3.11 or newer with venv, a Docker engine, and (as Debian names them): mmdebstrap "
    "arch-test distro-info-data debian-archive-keyring ubuntu-keyring ubuntu-archive-keyring "
    "ca-certificates kmod openssl openssh-client gnupg gcc gcc-aarch64-linux-gnu"
)
FOR_VMS = "qemu-system-x86 qemu-utils ovmf fdisk dosfstools e2fsprogs util-linux"


@pytest.fixture(scope="module")
def debian() -> Iterator[Container]:
    """A fresh Debian 12 with this set-up in /project, and no engine, Python or package list."""
    images = Images(load_images(ROOT), cache.folder() / "images")
    reference = images.ensure(
        Platform(image="debian-12", architecture="amd64", machine="container")
    )
    machine = engine.client().containers.run(
        reference, command=["sleep", "600"], detach=True, labels={"upgradeproof": "test"}
    )
    try:
        machine.put_archive("/", project())
        yield machine
    finally:
        machine.remove(force=True, v=True)


def project() -> bytes:
    """Return a tar file of what the set-up reads, under project/."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name in ("setup", "requirements.lock", "pyproject.toml"):
            tar.add(ROOT / name, arcname=f"project/{name}")
    return packed.getvalue()


def told(machine: Container, script: str, *, status: int = 0, user: str = "root") -> str:
    """Return the output of a script that has to end with that exit status."""
    done = machine.exec_run(["bash", "-c", script], user=user)
    assert isinstance(done.output, bytes)
    assert done.exit_code == status
    return done.output.decode()


def test_without_root_or_sudo_one_message_lists_what_to_install(debian: Container) -> None:
    assert told(debian, "/project/setup/setup.sh run", status=1, user="nobody") == (
        "set-up: setting up for 'run'\n"
        "set-up: this machine lacks python3 python3-venv, and only root can fix that: run this "
        "as root, or with sudo at hand\n"
        f"  or let an administrator install: {BY_HAND} uidmap acl {FOR_VMS} fakeroot\n"
    )


def test_on_another_system_one_message_lists_what_to_install(debian: Container) -> None:
    script = (
        "printf 'NAME=Example\\nID=example\\nPRETTY_NAME=\"Example 9\"\\n' >/tmp/os-release; "
        "UPGRADEPROOF_OS_RELEASE=/tmp/os-release /project/setup/setup.sh run"
    )
    assert told(debian, script, status=1) == (
        "set-up: setting up for 'run'\n"
        "set-up: this machine lacks python3 python3-venv, and only Debian and its "
        "derivatives can be set up automatically; this is Example 9\n"
        f"  install: {BY_HAND} {FOR_VMS}\n"
        "  and run this again\n"
    )


def test_an_unknown_profile_is_one_clear_error(debian: Container) -> None:
    assert told(debian, "/project/setup/setup.sh everything", status=1) == (
        "set-up: there is no profile 'everything'\n  use one of: run, test, arm64, bench\n"
    )


def test_an_engine_that_was_named_and_does_not_answer_is_not_replaced(debian: Container) -> None:
    script = (
        "cd /project; venv=/nowhere profile=run; "
        "for part in report packages venv engine; do . setup/$part.sh; done; "
        "DOCKER_HOST=tcp://127.0.0.1:9 start_engine"
    )
    assert told(debian, script, status=1) == (
        "set-up: no Docker engine answers at DOCKER_HOST=tcp://127.0.0.1:9\n"
        "  start that engine, or unset DOCKER_HOST to have one started here\n"
    )


@pytest.mark.parametrize(("program", "kept"), [("sleep", True), ("dockerd", False)])
def test_a_killed_engines_pid_file_is_forgotten(
    debian: Container, program: str, kept: bool
) -> None:
    script = (
        f". /project/setup/engine.sh; echo 1 >/tmp/pid; forget_dead /tmp/pid {program}; "
        "[ -e /tmp/pid ] && echo kept || echo forgotten"
    )
    assert told(debian, script) == ("kept\n" if kept else "forgotten\n")


def test_a_second_profile_takes_qemu_from_where_the_first_one_did(debian: Container) -> None:
    """An installed version is a candidate, too: it said that no backports are needed any more."""
    script = r"""
        cd /project; profile=arm64
        for part in report packages vm; do . setup/$part.sh; done
        lists_fetched=true
        is_installed() { [ "$1" = qemu-system-x86 ]; }
        apt-cache() {
            shift
            for name in "$@"; do
                version=1:7.2+dfsg-7; [ $name != qemu-system-x86 ] || version=1:10.0.2+ds-2
                printf '%s:\n  Installed: -\n  Candidate: %s\n' $name $version
            done
        }
        backports_options() { :; }
        from_backports() { [ "$2" = update ] || echo "$@" >/tmp/asked; }
        install_vm_packages qemu-system-x86 qemu-system-arm
        sed 's/^[^ ]* //' /tmp/asked
    """
    assert told(debian, script) == (
        "set-up: installing qemu-system-x86 qemu-system-arm from backports\n"
        "install --yes --no-install-recommends qemu-system-x86 qemu-system-arm\n"
    )


@pytest.mark.skipif(
    not (ROOT / ".venv" / ".set-up-run").exists(), reason="`make` did not set up this checkout"
)
def test_the_second_set_up_says_and_does_nothing() -> None:
    started = time.monotonic()
    done = subprocess.run(
        [ROOT / "setup" / "setup.sh", "run"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert time.monotonic() - started < 2.0
