"""The registry source: it needs a pinned digest, and makes a machine of a container image."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.imaging.fakes import EXAMPLE
from tests.unit.machines.docker_api import FakeDocker
from upgradeproof.imaging import Request, every_source
from upgradeproof.imaging.archive import Archive
from upgradeproof.imaging.sources.registry import SOURCE, script
from upgradeproof.imaging.stores.docker import DockerStore
from upgradeproof.machines import owner


def request(archive: Archive | None = None) -> Request:
    return Request(name="example-1", image=EXAMPLE, architecture="amd64", archive=archive)


def test_sources_are_found_and_tried_registry_first() -> None:
    assert [source.name for source in every_source()] == ["registry", "bootstrap"]


def test_without_a_digest_no_image_is_pulled() -> None:
    assert str(SOURCE.obstacle(request())) == "no digest is pinned for amd64"


def test_the_script_makes_a_machine_of_a_container_image() -> None:
    assert script(request()) == (
        "set -eu\n"
        "apt-get update --error-on=any -o Acquire::Retries=0 -o Acquire::http::Timeout=10\n"
        "rm -f /etc/dpkg/dpkg.cfg.d/docker* /etc/apt/apt.conf.d/docker-*\n"
        "apt-get install --yes --no-install-recommends systemd\n"
        "rm -f /usr/sbin/policy-rc.d\n"
        "apt-get clean\n"
        "rm -rf /var/lib/apt/lists/*\n"
        "test -x /sbin/init"
    )


@pytest.mark.parametrize("status", [204, 404, 409])
def test_a_build_has_an_owner_and_its_image_has_none(tmp_path: Path, status: int) -> None:
    """Another run may remove the container while this one does."""
    docker = FakeDocker(refused={"DELETE /containers/made": status} if status != 204 else {})
    image = EXAMPLE.model_copy(update={"registry": {"amd64": "pulled"}})
    asked = Request(name="example-1", image=image, architecture="amd64", archive=None)
    with docker.serving(tmp_path, client_id="c1") as engine:
        replace(SOURCE, on=engine).build(asked, DockerStore(engine), tmp_path)
    container, committed = docker.created
    assert container["Labels"] == {
        "upgradeproof": "image-build",
        "upgradeproof.owner": owner.mine(),
        "upgradeproof.client": "c1",
    }
    assert committed["Labels"] == {
        "upgradeproof": "image",
        "upgradeproof.key": asked.key,
        "upgradeproof.image": "example-1",
        "upgradeproof.owner": "",
        "upgradeproof.client": "",
    }
    assert ("made" in docker.containers) is (status != 204)


def test_only_a_chosen_archive_replaces_the_images_own_sources() -> None:
    mirror = Archive(main="http://m.example/x", security="http://m.example/s", chosen=True)
    removed, written = script(request(mirror)).splitlines()[1:3]
    assert removed == "rm -f /etc/apt/sources.list.d/*"
    assert written == (
        "printf '%s\\n' 'deb http://m.example/x first main' "
        "'deb http://m.example/x first-updates main' > /etc/apt/sources.list"
    )
    hosts = Archive(main="http://m.example/x", security="http://m.example/s", chosen=False)
    assert script(request(hosts)) == script(request())
