"""The files of a repository that APT reads: the same packages give the same text."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from debian.deb822 import Deb822, Packages, Release

from upgradeproof.errors import BuildError
from upgradeproof.packaging.index import distinct, packages_file, release_file
from upgradeproof.packaging.package import Package
from upgradeproof.packaging.repository import Repository


def package(name: str, version: str = "1", sum_: str = "a" * 64) -> Package:
    control = f"Package: {name}\nVersion: {version}\nArchitecture: all\nDescription: x\n y"
    return Package(path=Path(f"{name}.deb"), control=control, size=7, sha256=sum_)


def test_the_index_lists_each_package_with_its_path_size_and_checksum() -> None:
    index = packages_file([package("a"), package("b", "2:3-4")])
    found = [*Packages.iter_paragraphs(index.splitlines(), use_apt_pkg=False)]
    assert [entry["Filename"] for entry in found] == ["./a_1_all.deb", "./b_3-4_all.deb"]
    assert {(entry["Size"], entry["SHA256"]) for entry in found} == {("7", "a" * 64)}
    assert found[0]["Description"] == "x\n y"


def test_the_release_file_has_the_checksum_of_the_index() -> None:
    found = Release(release_file("thing", "an index"))
    (entry,) = found["SHA256"]
    assert (entry["name"], entry["size"]) == ("Packages", "8")
    assert entry["sha256"] == hashlib.sha256(b"an index").hexdigest()
    assert found["Date"] == "Tue, 14 Nov 2023 22:13:20 GMT"


def test_packages_are_sorted_and_listed_once() -> None:
    found = distinct([package("b"), package("a", "2"), package("a", "1"), package("b")])
    assert [each.identity[:2] for each in found] == [("a", "1"), ("a", "2"), ("b", "1")]


def test_two_releases_that_contradict_each_other_are_one_clear_error() -> None:
    with pytest.raises(BuildError) as caught:
        distinct([package("a"), package("a", sum_="b" * 64)])
    assert str(caught.value) == (
        "two releases have a package a_1_all.deb, and the two differ\n"
        "To do: give each release its own version"
    )


def test_the_digest_of_a_repository_depends_on_its_packages() -> None:
    one, again = (Repository.of("thing", [package("a")]) for _ in range(2))
    assert one.digest == again.digest
    assert one.digest != Repository.of("thing", [package("a", sum_="b" * 64)]).digest
    assert one.digest != Repository.of("other", [package("a")]).digest


def test_the_source_names_the_signing_key() -> None:
    found = Deb822(Repository.of("thing", [package("a")]).source)
    assert dict(found) == {
        "Types": "deb",
        "URIs": "file:/opt/upgradeproof/thing",
        "Suites": "./",
        "Signed-By": "/opt/upgradeproof/thing/key.gpg",
    }
