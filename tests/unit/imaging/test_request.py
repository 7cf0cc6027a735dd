"""A key changes with everything that an image depends on, and with nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.imaging.fakes import EXAMPLE
from upgradeproof.imaging import Request
from upgradeproof.imaging.archive import Archive

PINNED = "example@sha256:" + "0" * 64
BASE = Request(name="example-1", image=EXAMPLE, architecture="amd64", archive=None)


def with_image(**changes: Any) -> Request:
    image = EXAMPLE.model_copy(update=changes)
    return Request(name="example-1", image=image, architecture="amd64", archive=None)


def with_bootstrap(**changes: Any) -> Request:
    return with_image(bootstrap=EXAMPLE.bootstrap.model_copy(update=changes))


def with_archive(*, chosen: bool) -> Request:
    archive = Archive(main="http://a.example/x", security="http://a.example/s", chosen=chosen)
    return Request(name="example-1", image=EXAMPLE, architecture="amd64", archive=archive)


@pytest.mark.parametrize(
    "other",
    [
        with_image(codename="second"),
        with_image(registry={"amd64": PINNED}),
        with_bootstrap(packages=("systemd", "kmod")),
        with_bootstrap(suites=("first",)),
        with_bootstrap(components=("main", "universe")),
        with_bootstrap(merged_usr=True),
        with_archive(chosen=True),
        Request(name="example-1", image=EXAMPLE, architecture="arm64", archive=None),
    ],
)
def test_another_image_has_another_key(other: Request) -> None:
    assert other.key != BASE.key


@pytest.mark.parametrize(
    "same",
    [
        with_image(title="Another title"),
        with_image(machines=("container", "vm")),
        with_image(registry={"arm64": PINNED}),
        with_archive(chosen=False),
    ],
)
def test_what_the_image_does_not_depend_on_has_no_effect_on_the_key(same: Request) -> None:
    assert same.key == BASE.key


def test_a_key_contains_the_name_of_its_image() -> None:
    assert BASE.key.startswith("example-1-amd64-")
    assert BASE.reference == f"upgradeproof/image:{BASE.key}"
