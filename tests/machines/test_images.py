"""Real images: bootstrapped, booted, pulled from a registry, or unavailable."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from docker.models.containers import Container

from upgradeproof import cache
from upgradeproof.errors import ImageError
from upgradeproof.imaging import Images
from upgradeproof.machines import engine
from upgradeproof.plan.images import Bootstrap, Image, Platform, load_images

ROOT = Path(__file__).parents[2]
DEFINITIONS = load_images(ROOT)
DEBIAN_12 = Platform(image="debian-12", architecture="amd64", machine="container")
BOOTSTRAP = DEFINITIONS["debian-12"].bootstrap
INIT = (
    "mount -o remount,rw /sys/fs/cgroup/systemd 2>/dev/null || mount -o remount,rw /sys/fs/cgroup; "
    "exec /sbin/init"
)


@pytest.fixture(scope="module")
def images() -> Images:
    return Images(DEFINITIONS, cache.folder() / "images")


@pytest.fixture(scope="module")
def reference(images: Images) -> str:
    """Debian 12, bootstrapped from the archive unless this host's engine has it."""
    return images.ensure(DEBIAN_12)


@contextmanager
def container(image: str, **options: Any) -> Iterator[Container]:
    started = engine.LOCAL.client().containers.run(
        image, detach=True, labels={"upgradeproof": "test"}, **options
    )
    try:
        yield started
    finally:
        started.remove(force=True, v=True)


def output_of(machine: Container, *command: str) -> str:
    done = machine.exec_run(list(command))
    assert isinstance(done.output, bytes)
    return done.output.decode().strip()


def wait_for(what: str, ready: Any) -> None:
    deadline = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < deadline, f"{what} did not get ready in 30 s"
        time.sleep(0.1)


def one(name: str, bootstrap: Bootstrap, **changes: Any) -> dict[str, Image]:
    """Return Debian 12's definition with another bootstrap, under another name."""
    changed = DEFINITIONS["debian-12"].model_copy(update={"bootstrap": bootstrap, **changes})
    return {name: changed}


def test_an_image_that_exists_is_returned_at_once(images: Images, reference: str) -> None:
    started = time.monotonic()
    assert images.ensure(DEBIAN_12) == reference
    assert time.monotonic() - started < 1.0
    assert images.health(DEBIAN_12).brief == "cached"


def test_an_image_has_its_architecture_and_its_key(reference: str) -> None:
    image = engine.LOCAL.client().images.get(reference)
    assert image.attrs["Architecture"] == "amd64"
    assert image.labels["upgradeproof"] == "image"
    assert image.labels["upgradeproof.key"] == reference.partition(":")[2]


def test_systemd_is_pid_1_and_reaches_running(reference: str) -> None:
    with container(
        reference,
        command=["sh", "-c", INIT],
        cgroupns="private",
        cap_add=["SYS_ADMIN", "SYS_PTRACE"],
        tmpfs={"/run": "", "/run/lock": ""},
        environment={"container": "docker"},
        stop_signal="SIGRTMIN+3",
    ) as machine:
        wait_for(
            "systemd", lambda: output_of(machine, "systemctl", "is-system-running") == "running"
        )
        assert output_of(machine, "cat", "/proc/1/comm") == "systemd"


def test_apt_inside_knows_its_suites_and_nothing_of_this_host(reference: str) -> None:
    with container(reference, command=["sleep", "600"]) as machine:
        sources = output_of(machine, "cat", "/etc/apt/sources.list").splitlines()
        suites = [line.split()[2] for line in sources]
        assert suites == ["bookworm", "bookworm-updates", "bookworm-security"]
        assert "99mmdebstrap" not in output_of(machine, "ls", "/etc/apt/apt.conf.d")
        assert output_of(machine, "dpkg", "--audit") == ""


@contextmanager
def registry(system: str) -> Iterator[str]:
    """Run a registry in a container and yield its address on this host.

    Debian's docker-registry would start a service on every interface of the developer's machine.
    """
    with container(
        system, command=["sleep", "600"], ports={"5000/tcp": ("127.0.0.1", 0)}
    ) as machine:
        install = (
            "apt-get update --error-on=any && apt-get install -y docker-registry && "
            "sed -i '/^auth:/,/path:/d' /etc/docker/registry/config.yml"
        )
        done = machine.exec_run(["sh", "-c", install], environment={"DEBIAN_FRONTEND": "teletype"})
        assert done.exit_code == 0, done.output
        machine.exec_run(
            ["docker-registry", "serve", "/etc/docker/registry/config.yml"], detach=True
        )
        machine.reload()
        published = machine.ports["5000/tcp"]
        assert published
        port = int(published[0]["HostPort"])
        wait_for("the registry", lambda: answers(port))
        yield f"127.0.0.1:{port}"


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/v2/", timeout=5).ok
    except requests.ConnectionError:
        return False


def test_a_registry_image_is_pulled_by_digest_and_becomes_a_machine(
    reference: str, tmp_path: Path
) -> None:
    client = engine.LOCAL.client()
    with registry(reference) as address:
        name = f"{address}/base"
        client.images.get(reference).tag(name, "latest")
        client.images.push(name, tag="latest")
        pushed = client.images.get(f"{name}:latest").attrs["RepoDigests"]
        pinned = next(digest for digest in pushed if digest.startswith(name))
        client.images.remove(f"{name}:latest")
        packages = (*BOOTSTRAP.packages, "less")
        definitions = one(
            "pinned-12",
            BOOTSTRAP.model_copy(update={"packages": packages}),
            registry={"amd64": pinned},
        )
        platform = Platform(image="pinned-12", architecture="amd64", machine="container")
        made = Images(definitions, tmp_path).ensure(platform)
        try:
            image = client.images.get(made)
            assert image.labels["upgradeproof"] == "image"
            assert image.attrs["Config"]["Cmd"] == ["/sbin/init"]
            with container(made, command=["sleep", "600"]) as machine:
                assert "install ok installed" in output_of(machine, "dpkg", "-s", "less")
        finally:
            client.images.remove(made, force=True)
            client.images.remove(pinned)


def test_a_registry_that_does_not_answer_is_in_the_error(tmp_path: Path) -> None:
    pinned = "127.0.0.1:9/base@sha256:" + "0" * 64
    keyless = BOOTSTRAP.model_copy(update={"keyring": "/nowhere/keyring.gpg"})
    platform = Platform(image="lost-12", architecture="amd64", machine="container")
    with pytest.raises(ImageError) as caught:
        Images(one("lost-12", keyless, registry={"amd64": pinned}), tmp_path).ensure(platform)
    assert str(caught.value).startswith(
        f"there is no image for lost-12-amd64\n- registry: {pinned} is unavailable: "
    )
    assert "connection refused" in str(caught.value)
    assert "- bootstrap: there is no keyring /nowhere/keyring.gpg" in str(caught.value)


@contextmanager
def silent_server() -> Iterator[int]:
    """Listen on a port of 127.0.0.1 and never answer."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def refusal(bootstrap: Bootstrap, folder: Path) -> tuple[str, float]:
    """Return why an image is unavailable, and after how many seconds that was reported."""
    platform = Platform(image="refused-12", architecture="amd64", machine="container")
    started = time.monotonic()
    with pytest.raises(ImageError) as caught:
        Images(one("refused-12", bootstrap), folder).ensure(platform)
    return str(caught.value), time.monotonic() - started


def test_an_archive_that_refuses_is_a_quick_error(tmp_path: Path) -> None:
    closed = BOOTSTRAP.model_copy(update={"archive": "http://127.0.0.1:9/debian"})
    text, seconds = refusal(closed, tmp_path)
    assert text == (
        "there is no image for refused-12-amd64\n"
        "- registry: no digest is pinned for amd64\n"
        "- bootstrap: the archive can't be reached, or lacks this release\n"
        "    E: Failed to fetch http://127.0.0.1:9/debian/dists/bookworm/InRelease  Could not "
        "connect to 127.0.0.1:9 (127.0.0.1). - connect (111: Connection refused)\n"
        "    E: Failed to fetch http://127.0.0.1:9/debian/dists/bookworm-updates/InRelease  Unable "
        "to connect to 127.0.0.1:9:\n"
        "    E: Failed to fetch http://127.0.0.1:9/debian-security/dists/bookworm-security/"
        "InRelease  Unable to connect to 127.0.0.1:9:\n"
        "To do: check the network; or name an archive that this host reaches in "
        "UPGRADEPROOF_ARCHIVE_<FAMILY>, or as `archive` in the image"
    )
    assert seconds < 10


def test_an_archive_that_does_not_answer_times_out(tmp_path: Path) -> None:
    with silent_server() as port:
        silent = BOOTSTRAP.model_copy(
            update={
                "archive": f"http://127.0.0.1:{port}/debian",
                "suites": ("bookworm",),
                "security_suites": (),
            }
        )
        text, seconds = refusal(silent, tmp_path)
    assert "bootstrap: the archive can't be reached" in text
    assert seconds < 40


def test_an_archive_that_another_key_has_signed_is_rejected(tmp_path: Path) -> None:
    other_keys = "/usr/share/keyrings/debian-archive-removed-keys.gpg"
    text, _ = refusal(BOOTSTRAP.model_copy(update={"keyring": other_keys}), tmp_path)
    assert "bootstrap: the archive's signature is not one of the distribution's keyring" in text


def test_no_failed_image_leaves_anything_on_the_engine(tmp_path: Path) -> None:
    closed = BOOTSTRAP.model_copy(update={"archive": "http://127.0.0.1:9/debian"})
    refusal(closed, tmp_path)
    left = engine.LOCAL.client().images.list(filters={"label": "upgradeproof.image=refused-12"})
    assert left == []
    assert not list(tmp_path.glob("*.build"))
