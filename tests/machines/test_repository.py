"""A repository of built packages on a real machine: apt accepts only what was signed."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.machines.starting import Start
from upgradeproof.errors import EnvironmentFailedError
from upgradeproof.machines.docker_machine import DockerMachine
from upgradeproof.packaging import Packager
from upgradeproof.packaging.signing import Signer
from upgradeproof.plan import Cell, Plan, Platform
from upgradeproof.plan.steps import Action, Upload
from upgradeproof.results import Verdict
from upgradeproof.runner.executor import StepExecutor
from upgradeproof.runner.recorder import Recorder

PLATFORM = Platform(image="debian-12", architecture="amd64", machine="container")
BUILD = """
set -e
mkdir -p stage/DEBIAN
printf '%s\\n' 'Package: signed-thing' "Version: $UPGRADEPROOF_RELEASE" 'Architecture: all' \\
  'Maintainer: a <a@b.test>' 'Description: x' >stage/DEBIAN/control
dpkg-deb --root-owner-group -Zgzip --build stage "$UPGRADEPROOF_OUT"
"""
INSTALL = "apt-get -q -y install signed-thing"
VERSION = "dpkg-query -W -f '${Version}' signed-thing"
Modify = Callable[[dict[str, bytes], Path], None]


@pytest.fixture(scope="module")
def machine(start: Start) -> Iterator[DockerMachine]:
    """Yield a Debian 12 without the package sources of its distribution."""
    with start("repository") as found:
        found.run("rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*")
        yield found


@pytest.fixture
def actions(tmp_path: Path) -> Callable[[str], tuple[Action, ...]]:
    """Return a function that returns the actions that publish the releases of a state."""
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "build.sh").write_text(BUILD, encoding="utf-8")
    publish = [{"step": "apt-repository"}]
    plan = Plan.model_validate(
        {
            "name": "thing",
            "release": [{"name": "1"}, {"name": "2"}],
            "packages": {"sources": "sources", "build": ["sh", "build.sh"]},
            "install": publish,
            "upgrade": [{"from": "1", "to": "2", "platforms": ["*"], "steps": publish}],
        }
    ).model_copy(update={"folder": tmp_path})
    cell = Cell(plan, plan.upgrade[0], PLATFORM)
    return lambda state: Packager(tmp_path / "cache").actions(cell, state)


@pytest.fixture
def executor(tmp_path: Path) -> StepExecutor:
    return StepExecutor(Recorder("cell", tmp_path / "reports", lambda _: None), "installed")


def modified(actions: tuple[Action, ...], modify: Modify, folder: Path) -> list[Action]:
    """Return the actions with another bundle, as if it had been modified in transit."""
    found: list[Action] = []
    for action in actions:
        if isinstance(action, Upload):
            files = _files(action.source)
            modify(files, folder)
            bundle = folder / "modified.tar"
            bundle.write_bytes(_tar(files))
            action = replace(action, source=bundle)  # noqa: PLW2901  # it replaces the action
        found.append(action)
    return found


def _files(bundle: Path) -> dict[str, bytes]:
    with tarfile.open(bundle) as tar:
        return {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]  # all are files


def _tar(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def test_a_release_is_installed_and_the_next_one_when_it_is_published(
    machine: DockerMachine, executor: StepExecutor, actions: Callable[[str], tuple[Action, ...]]
) -> None:
    for state, version in (("installed", "1"), ("upgraded", "2")):
        executor.run(machine, actions(state))
        done = machine.run(INSTALL)
        assert done.ok, done.tail
        assert machine.run(VERSION).text == version
    back = machine.run(f"{INSTALL}=1 --allow-downgrades")
    assert back.ok, back.tail
    assert machine.run(VERSION).text == "1"


def unsigned(files: dict[str, bytes], _: Path) -> None:
    signed = files.pop("InRelease").decode().partition("\n\n")[2]
    files["Release"] = signed.partition("\n-----BEGIN")[0].encode() + b"\n"


def signed_by_another(files: dict[str, bytes], folder: Path) -> None:
    text = files["InRelease"].decode().partition("\n\n")[2].partition("\n-----BEGIN")[0] + "\n"
    files["InRelease"] = Signer(folder / "another").sign(text)


def changed_after_it_was_signed(files: dict[str, bytes], _: Path) -> None:
    files["InRelease"] = files["InRelease"].replace(b"Origin: thing", b"Origin: bling")


def with_another_index(files: dict[str, bytes], _: Path) -> None:
    files["Packages"] = files["Packages"].replace(b"Description: x", b"Description: y")


@pytest.mark.parametrize(
    ("modify", "words"),
    [
        (unsigned, "is no longer signed"),
        (signed_by_another, "NO_PUBKEY"),
        (changed_after_it_was_signed, "BADSIG"),
        (with_another_index, "Hash Sum mismatch"),
    ],
)
def test_an_index_without_a_valid_signature_is_rejected(
    machine: DockerMachine,
    executor: StepExecutor,
    actions: Callable[[str], tuple[Action, ...]],
    tmp_path: Path,
    *,
    modify: Modify,
    words: str,
) -> None:
    with pytest.raises(EnvironmentFailedError) as caught:
        executor.run(machine, modified(actions("installed"), modify, tmp_path))
    assert caught.value.brief == (
        "could not publish 1 in a signed APT repository (exit status 100): "
        "nothing is known of the product"
    )
    assert words in caught.value.details
    assert caught.value.resolution.startswith("the machine's apt does not accept the repository")
    assert Verdict.of(caught.value) is Verdict.BROKEN


def test_a_package_that_is_not_the_signed_one_is_refused(
    machine: DockerMachine,
    executor: StepExecutor,
    actions: Callable[[str], tuple[Action, ...]],
    tmp_path: Path,
) -> None:
    def other_package(files: dict[str, bytes], _: Path) -> None:
        files["signed-thing_1_all.deb"] = files["signed-thing_1_all.deb"][:-1] + b"\0"

    machine.run("apt-get -q -y purge signed-thing; apt-get clean")
    executor.run(machine, modified(actions("installed"), other_package, tmp_path))
    done = machine.run(INSTALL)
    assert not done.ok
    assert "Hash Sum mismatch" in done.tail
