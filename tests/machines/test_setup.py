"""The set-up: its messages where it can't work, and a second set-up that does nothing.

CI sets up a new machine in every run.
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
    """A fresh Debian 12 with this set-up in /project, without engine, Python or package lists."""
    images = Images(load_images(ROOT), cache.folder() / "images")
    reference = images.ensure(
        Platform(image="debian-12", architecture="amd64", machine="container")
    )
    machine = engine.LOCAL.client().containers.run(
        reference, command=["sleep", "600"], detach=True, labels={"upgradeproof": "test"}
    )
    try:
        machine.put_archive("/", project())
        yield machine
    finally:
        machine.remove(force=True, v=True)


def project() -> bytes:
    """Return a tar file of the files that the set-up reads, under project/."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name in ("setup", "requirements.lock", "pyproject.toml"):
            tar.add(ROOT / name, arcname=f"project/{name}")
    return packed.getvalue()


def output_of(machine: Container, script: str, *, status: int = 0, user: str = "root") -> str:
    """Return the output of a script that must end with this exit status.

    It writes to one stream: the engine may deliver the lines of two in another order.
    """
    done = machine.exec_run(["bash", "-c", f"exec 2>&1; {script}"], user=user)
    assert isinstance(done.output, bytes)
    assert done.exit_code == status
    return done.output.decode()


def test_without_root_or_sudo_one_message_lists_what_to_install(debian: Container) -> None:
    assert output_of(debian, "/project/setup/setup.sh run", status=1, user="daemon") == (
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
    assert output_of(debian, script, status=1) == (
        "set-up: setting up for 'run'\n"
        "set-up: this machine lacks python3 python3-venv, and only Debian and its "
        "derivatives can be set up automatically; this is Example 9\n"
        f"  install: {BY_HAND} {FOR_VMS}\n"
        "  and run this again\n"
    )


def test_an_unknown_profile_is_one_clear_error(debian: Container) -> None:
    assert output_of(debian, "/project/setup/setup.sh everything", status=1) == (
        "set-up: there is no profile 'everything'\n  use one of: run, test, arm64, bench\n"
    )


def test_an_engine_that_was_named_and_does_not_answer_is_not_replaced(debian: Container) -> None:
    script = (
        "cd /project; venv=/nowhere profile=run; "
        "for part in report packages venv engine; do . setup/$part.sh; done; "
        "DOCKER_HOST=tcp://127.0.0.1:9 start_engine"
    )
    assert output_of(debian, script, status=1) == (
        "set-up: no Docker engine answers at DOCKER_HOST=tcp://127.0.0.1:9\n"
        "  start that engine, or unset DOCKER_HOST to have one started here\n"
    )


@pytest.mark.parametrize(("program", "stays"), [("sleep", True), ("dockerd", False)])
def test_the_pid_file_of_a_killed_engine_is_removed(
    debian: Container, program: str, stays: bool
) -> None:
    script = (
        f". /project/setup/engine.sh; echo 1 >/tmp/pid; forget_dead /tmp/pid {program}; "
        "[ -e /tmp/pid ] && echo stays || echo removed"
    )
    assert output_of(debian, script) == ("stays\n" if stays else "removed\n")


def test_a_second_profile_installs_qemu_from_the_source_of_the_first(debian: Container) -> None:
    """An installed version is a candidate, too: it must not hide that backports are needed."""
    script = r"""
        cd /project; profile=arm64
        for part in report packages suites vm; do . setup/$part.sh; done
        lists_fetched=true
        is_installed() { [ "$1" = qemu-system-x86 ]; }
        apt-cache() {
            shift
            for name in "$@"; do
                version=1:7.2+dfsg-7; [ $name != qemu-system-x86 ] || version=1:10.0.2+ds-2
                printf '%s:\n  Installed: -\n  Candidate: %s\n' $name $version
            done
        }
        add_suite() { :; }
        from_suite() { [ "$2" = update ] || echo "$@" >/tmp/asked; }
        install_vm_packages qemu-system-x86 qemu-system-arm
        sed 's/^[^ ]* //' /tmp/asked
    """
    assert output_of(debian, script) == (
        "set-up: installing qemu-system-x86 qemu-system-arm from backports\n"
        "install --yes --no-install-recommends qemu-system-x86 qemu-system-arm\n"
    )


def test_the_keyring_of_ubuntu_comes_from_a_later_release_and_nothing_else_does(
    debian: Container,
) -> None:
    script = """
        cd /project; profile=run; cp -r /etc/apt /tmp/apt
        for part in report packages suites keyrings; do . setup/$part.sh; done
        install_ubuntu_keyring; install_ubuntu_keyring
        dpkg-query -W -f '${Package} ${db:Status-Status}\\n' ubuntu-keyring
        test -s $ubuntu_keyring && diff -r /etc/apt /tmp/apt && apt-cache policy ubuntu-keyring |
            grep -c trixie
    """
    assert output_of(debian, script, status=1) == (
        "set-up: installed ubuntu-keyring from trixie\nubuntu-keyring installed\n0\n"
    )


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        (
            "false",
            (
                "set-up: masking ssh.service: openssh-server is installed for its program\n"
                "mask ssh.service ssh.socket\n"
            ),
        ),
        ("true", ""),
    ],
)
def test_the_tests_give_this_host_no_ssh_server(
    debian: Container, installed: str, expected: str
) -> None:
    script = f"""
        . /project/setup/report.sh; . /project/setup/packages.sh
        mkdir -p /run/systemd/system; : >/tmp/asked
        is_installed() {{ {installed}; }}
        systemctl() {{ echo "$@" >/tmp/asked; }}
        without_ssh_service; cat /tmp/asked
    """
    assert output_of(debian, script) == expected


def test_without_a_later_release_the_set_up_goes_on(debian: Container) -> None:
    script = """
        cd /project; profile=run
        for part in report packages suites keyrings; do . setup/$part.sh; done
        ubuntu_keyring=/nowhere keyring_suite=nosuch
        install_ubuntu_keyring; echo goes on
    """
    text = output_of(debian, script)
    assert text.startswith("set-up: no keyring for images of Ubuntu: E: ")
    assert text.endswith("\ngoes on\n")


@pytest.mark.skipif(
    not (ROOT / ".venv" / ".set-up-run").exists(), reason="`make` did not set up this checkout"
)
def test_the_second_set_up_prints_and_does_nothing() -> None:
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
