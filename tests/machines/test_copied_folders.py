"""A folder that a plan copies is the same on the machine: modes, owners, links."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machines.starting import Start, output_of
from upgradeproof.errors import StepError
from upgradeproof.machines import Machine
from upgradeproof.plan.steps.copy import Copy
from upgradeproof.runner.executor import StepExecutor
from upgradeproof.runner.recorder import Recorder

MANIFEST = """\
/set uname=root gname=root
./home/web type=dir mode=2750 uname=www-data gname=www-data
./home/web/key mode=0600 uname=www-data gname=www-data
./home/web/run mode=04755 uid=0 gid=8
./spool type=dir mode=1777
./zone type=link link=/usr/share/zoneinfo/UTC
"""


@pytest.fixture(scope="module")
def machine(start: Start) -> Iterator[Machine]:
    with start("copied") as machine:
        yield machine


@pytest.fixture
def product(tmp_path: Path) -> Path:
    """Return a product's folder with a tree and a manifest."""
    web = tmp_path / "files" / "home" / "web"
    web.mkdir(parents=True)
    (web / "key").write_text("secret")
    (web / "run").write_text("#!/bin/sh\n")
    (web / "page.html").write_text("hello")
    (web / "index.html").symlink_to("page.html")
    (tmp_path / "files.mtree").write_text(MANIFEST)
    return tmp_path


def copied(machine: Machine, product: Path, **keys: str) -> None:
    step = Copy(source="files", path="/srv/tree", manifest="files.mtree", **keys)
    step.check(product)
    executor = StepExecutor(Recorder("cell", product / "reports", lambda _: None), "installed")
    executor.run(machine, step.actions(product))


def test_modes_owners_and_links_are_copied(machine: Machine, product: Path) -> None:
    copied(machine, product, owner="games:games")
    listing = "cd /srv/tree; find . -printf '%p %M %u:%g %l\\n' | LC_ALL=C sort"
    assert [line.strip() for line in output_of(machine, listing).splitlines()] == [
        ". drwxr-xr-x games:games",
        "./home drwxr-xr-x games:games",
        "./home/web drwxr-s--- www-data:www-data",
        "./home/web/index.html lrwxrwxrwx games:games page.html",
        "./home/web/key -rw------- www-data:www-data",
        "./home/web/page.html -rw-r--r-- games:games",
        "./home/web/run -rwsr-xr-x root:mail",
        "./spool drwxrwxrwt root:root",
        "./zone lrwxrwxrwx root:root /usr/share/zoneinfo/UTC",
    ]
    assert output_of(machine, "cat /srv/tree/home/web/index.html") == "hello"


def test_an_owner_that_the_machine_lacks_fails_the_step(machine: Machine, product: Path) -> None:
    with pytest.raises(StepError) as caught:
        copied(machine, product, owner="no-such-user")
    assert str(caught.value).splitlines()[:2] == [
        "the step 'copy the folder files to /srv/tree' failed with exit status 1",
        "the machine has no user no-such-user",
    ]
