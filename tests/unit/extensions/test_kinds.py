"""Every kind of extension is found outside the engine: in a project and in a package."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.extensions.conftest import Install, write
from tests.unit.extensions.examples import EXAMPLES, PROBE, Example
from tests.unit.plugin.project import IMAGE
from upgradeproof.errors import ExtensionError
from upgradeproof.extensions import open_project
from upgradeproof.imaging import every_store
from upgradeproof.machines.backends import backends
from upgradeproof.plan import load_images

EVERY = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.folder)
CODE = pytest.mark.parametrize(
    "example",
    [each for each in EXAMPLES if each.module and each.names is not EXAMPLES[5].names],
    ids=lambda example: example.folder,
)


@EVERY
def test_a_project_adds_one_by_a_file_in_its_folder(example: Example, project: Path) -> None:
    before = set(example.names(project))
    assert example.name not in before
    other = project.parent / "other"
    write(other, {f"{example.folder}/{example.file}": example.text})
    write(other, {"images/base-1.toml": IMAGE})
    open_project(other)
    assert set(example.names(other)) == before | {example.name}


@EVERY
def test_an_installed_package_adds_one_by_an_entry_point(
    example: Example, project: Path, install: Install
) -> None:
    package = f"acme_{example.folder}"
    module = f"{package}.{example.file.removesuffix('.py')}" if example.module else package
    files = {f"{package}/{example.file}": example.text}
    if example.module:
        files[f"{package}/__init__.py"] = ""
    install("acme", {f"upgradeproof.{example.folder}": f"one = {module}"}, files)
    assert example.name in example.names(project)


@CODE
def test_two_of_one_name_are_an_error_that_names_both_files(
    example: Example, project: Path, install: Install
) -> None:
    package = f"twin_{example.folder}"
    files = {f"{package}/{example.file}": example.text, f"{package}/__init__.py": ""}
    module = f"{package}.{example.file.removesuffix('.py')}"
    site = install("acme", {f"upgradeproof.{example.folder}": f"one = {module}"}, files)
    write(project, {f"{example.folder}/{example.file}": example.text})
    with pytest.raises(ExtensionError) as caught:
        example.names(project)
    assert caught.value.brief.endswith(f"{example.name!r}")
    assert caught.value.details == (
        f"{site}/{package}/{example.file} (of the package acme 1.0)\n"
        f"{project}/{example.folder}/{example.file}"
    )


@CODE
def test_a_file_that_offers_nothing_of_its_kind_is_an_error(
    example: Example, project: Path
) -> None:
    write(project, {f"{example.folder}/empty.py": "x = 1\n"})
    with pytest.raises(ExtensionError, match=rf"{example.folder}/empty\.py is not a valid "):
        example.names(project)


@pytest.mark.parametrize(
    ("folder", "old", "new", "problem"),
    [
        ("probes", '"rooms"', '"Rooms!"', "Rooms.section: lower-case words joined by _ are needed"),
        ("probes", "record = Room\n", "record = int\n", ("Rooms.record: a subclass of Record is"
         " needed")),
        ("probes", "def parse", "def parses", "Rooms has no class method 'parse'"),
        ("steps", 'Literal["paint"]', "str", 'Paint.step: write `step: Literal["name"] = "name"`'),
        ("steps", "def actions", "def action", "Paint has no method `actions(folder)`"),
        ("preflight", "def findings", "def finding", "it has no function `findings(situation)`"),
        ("formats", "FILE_NAME =", "FILE =", "it has no text FILE_NAME"),
        ("formats", "def write", "def writes",
         "it has no function `write(run, folder, *, options)`"),
        ("formats", "BY_DEFAULT =", "DEFAULT =", "it has no BY_DEFAULT that is True or False"),
        ("backends", '    kind = "shed"', "    kind = 1", "its OwnBackend has no text `kind`"),
        ("image_sources", "order = 1", "orders = 1", "its SOURCE has no whole number `order`"),
    ],
)  # fmt: skip
def test_a_file_that_lacks_something_is_one_error(
    project: Path, folder: str, old: str, new: str, problem: str
) -> None:
    example = next(each for each in EXAMPLES if each.folder == folder)
    assert old in example.text
    path = project / folder / example.file
    write(project, {f"{folder}/{example.file}": example.text.replace(old, new)})
    with pytest.raises(ExtensionError) as caught:
        example.names(project)
    assert caught.value.brief.startswith(f"{path} is not a valid ")
    assert caught.value.details == problem


def test_a_backend_has_its_image_store_in_the_same_file(project: Path) -> None:
    write(project, {"backends/shed.py": EXAMPLES[4].text.replace("STORE = OwnStore()", "")})
    assert "shed" in backends()
    assert "shed" not in every_store()


def test_an_image_of_a_project_replaces_that_of_an_installed_package(
    project: Path, install: Install
) -> None:
    example = next(each for each in EXAMPLES if each.folder == "images")
    install(
        "acme", {"upgradeproof.images": "all = acme_own"}, {"acme_own/example-1.toml": example.text}
    )
    assert load_images(project)["example-1"].title == "Example 1"
    write(project, {"images/example-1.toml": example.text.replace("Example 1", "Mine")})
    assert load_images(project)["example-1"].title == "Mine"


def test_a_probe_has_no_traceback_for_a_name_of_the_engine(project: Path) -> None:
    write(project, {"probes/rooms.py": PROBE.replace('"rooms"', '"packages"')})
    with pytest.raises(ExtensionError) as caught:
        EXAMPLES[0].names(project)
    brief, engine, own, to_do = str(caught.value).splitlines()
    assert (brief, to_do) == ("two files offer the probe 'packages'", "To do: rename one of them")
    assert engine.endswith("upgradeproof/probes/packages.py")
    assert own == f"{project}/probes/rooms.py"


def test_a_store_without_a_method_is_one_error(project: Path) -> None:
    write(project, {"backends/shed.py": EXAMPLES[4].text.replace("def content", "def contents")})
    with pytest.raises(ExtensionError) as caught:
        every_store()
    assert caught.value.details == "its OwnStore has no method `content`"
