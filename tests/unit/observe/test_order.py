"""The order of an observation: each mistake is one error before a machine starts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from upgradeproof.errors import PlanError
from upgradeproof.observe.order import order
from upgradeproof.plan import Image


def image(name: str, family: str, codename: str, *machines: str) -> Image:
    return Image.model_validate(
        {
            "title": name,
            "family": family,
            "codename": codename,
            "architectures": ["amd64", "arm64"],
            "machines": machines or ("container",),
            "bootstrap": {"suites": [codename], "keyring": "/k"},
            "name": name,
        }
        | ({"vm": {"packages": {"amd64": ["k"], "arm64": ["k"]}}} if "vm" in machines else {})
    )


IMAGES = {
    found.name: found
    for found in (
        image("deb-1", "deb", "one"),
        image("deb-2", "deb", "two"),
        image("deb-2-big", "deb", "two"),
        image("deb-1-vm", "deb", "one", "vm"),
        image("other-1", "other", "uno"),
        image("early", "deb", "bullseye"),
        image("late", "deb", "trixie"),
    )
}


def test_an_order_names_the_product_after_its_packages() -> None:
    found = order(("web", "store"), "deb-1", "deb-2", IMAGES)
    assert (found.name, found.releases) == ("web-store", ("1", "2"))
    assert (found.old.codename, found.new.codename) == ("one", "two")
    assert found.platform.id in ("deb-1-amd64.container", "deb-1-arm64.container")


def test_a_long_name_is_cut_and_may_be_set() -> None:
    packages = ("a" * 20, "b" * 19, "cc")
    assert order(packages, "deb-1", "deb-2", IMAGES).name == f"{'a' * 20}-{'b' * 19}"
    assert order(packages, "deb-1", "deb-2", IMAGES, "mine").name == "mine"


@pytest.mark.parametrize(
    ("packages", "old", "new", "name", "message"),
    [
        (
            ("web",),
            "dbe-1",
            "deb-2",
            "",
            (
                "there is no release 'dbe-1'; did you mean 'deb-1'?\n"
                "To do: `upgradeproof doctor` lists the images; each is a file in images/"
            ),
        ),
        (
            ("web",),
            "deb-1",
            "deb-3",
            "",
            (
                "there is no release 'deb-3'; did you mean 'deb-2'?\n"
                "To do: `upgradeproof doctor` lists the images; each is a file in images/"
            ),
        ),
        (
            ("web",),
            "deb-1",
            "deb-1",
            "",
            (
                "--from and --to are both deb-1: there is nothing to upgrade\n"
                "To do: name the release to upgrade to with --to"
            ),
        ),
        (
            ("web",),
            "deb-1",
            "other-1",
            "",
            (
                "deb-1 is deb and other-1 is other: no upgrade leads from one to the other\n"
                "To do: name two releases of one distribution"
            ),
        ),
        (
            ("web",),
            "deb-2",
            "deb-2-big",
            "",
            "deb-2 and deb-2-big are the same release, two",
        ),
        (
            ("web",),
            "late",
            "early",
            "",
            (
                "early is an older release than late, and an upgrade never leads back\n"
                "To do: name the older release with --from, and the newer one with --to"
            ),
        ),
        (
            ("web",),
            "early",
            "late",
            "",
            (
                "an upgrade from bullseye to trixie (13) skips bookworm (12): of Debian a stable"
                " release is upgraded to the next one only\n"
                "To do: name bookworm, the next release, with --to"
            ),
        ),
        (
            ("web",),
            "deb-1-vm",
            "deb-2",
            "",
            "deb-1-vm has no containers, and packages are observed in one\nit has: vm",
        ),
        (
            ("web=1.2",),
            "deb-1",
            "deb-2",
            "",
            (
                "'web=1.2' is no name of a package\n"
                "To do: write the name alone, in lower case: no version, no suite, no file"
            ),
        ),
        (("web", "web"), "deb-1", "deb-2", "", "web is named twice"),
        (
            ("web",),
            "deb-1",
            "deb-2",
            "../mine",
            (
                "'../mine' is no name of a product\n"
                "To do: use lower-case letters, digits and . + ~ _ -, 40 at most"
            ),
        ),
    ],
)
def test_a_wrong_order_is_one_error(
    packages: Sequence[str], old: str, new: str, name: str, message: str
) -> None:
    with pytest.raises(PlanError) as raised:
        order(packages, old, new, IMAGES, name)
    assert str(raised.value) == message
