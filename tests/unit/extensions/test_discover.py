"""The one way in which extensions are found: three places, and what is wrong in one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.extensions.conftest import Install, write
from upgradeproof.errors import ExtensionError, HarnessError, PlanError
from upgradeproof.extensions import (
    PROJECT,
    File,
    Kind,
    contained,
    discover,
    files,
    once_per_project,
    open_project,
)

TOYS = Kind(name="toys", noun="toy", engine="tests.unit.extensions.toys")
BOXES = Kind(
    name="boxes", noun="box", engine="tests.unit.extensions.toys", suffix=".toml", replaces=True
)


def toys(file: File) -> Iterator[tuple[str, object]]:
    if hasattr(file.module, "TOY"):
        yield file.module.TOY, file.module


def found() -> list[str]:
    return list(discover(TOYS, toys))


def message() -> str:
    with pytest.raises(ExtensionError) as caught:
        found()
    return str(caught.value)


def test_the_engine_is_read_first_then_packages_then_the_project(
    project: Path, install: Install
) -> None:
    install("acme", {"upgradeproof.toys": "car = acme_toys"}, {"acme_toys.py": "TOY = 'car'\n"})
    write(project, {"toys/boat.py": "TOY = 'boat'\n"})
    assert found() == ["ball", "car", "boat"]


def test_helpers_and_tests_of_a_project_are_no_extensions(project: Path) -> None:
    spoilt = dict.fromkeys(("_help", "test_toys", "conftest", "__init__"), "raise SystemExit\n")
    write(project, {f"toys/{name}.py": text for name, text in spoilt.items() if name[1] != "_"})
    assert found() == ["ball"]


def test_a_module_uses_another_of_the_project(project: Path) -> None:
    write(
        project,
        {
            "toys/boat.py": f"from {PROJECT}.toys._names import NAME\nTOY = NAME\n",
            "toys/tram.py": "from ._names import OTHER\nTOY = OTHER\n",
            "toys/_names.py": "NAME = 'boat'\nOTHER = 'tram'\n",
        },
    )
    assert found() == ["ball", "boat", "tram"]


def test_nothing_is_imported_before_it_is_asked_for(project: Path) -> None:
    write(project, {"toys/boat.py": "TOY = 'boat'\n"})
    assert [file.path.name for file in files(TOYS)] == ["ball.py", "boat.py"]
    assert f"{PROJECT}.toys.boat" not in sys.modules


def test_another_project_has_other_extensions(project: Path, tmp_path: Path) -> None:
    calls = []

    @once_per_project
    def asked() -> list[str]:
        calls.append(1)
        return found()

    write(project, {"toys/boat.py": "TOY = 'boat'\n"})
    write(tmp_path / "other", {"toys/boat.py": "TOY = 'ferry'\n"})
    assert (asked(), asked()) == (["ball", "boat"], ["ball", "boat"])
    open_project(project)
    assert (asked(), len(calls)) == (["ball", "boat"], 1)
    open_project(tmp_path / "other")
    assert (asked(), len(calls)) == (["ball", "ferry"], 2)
    open_project()
    assert asked() == ["ball"]
    assert PROJECT not in sys.modules


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("TOY = 'a'\nTOY = 1 / 0\n", "{path}:2: ZeroDivisionError: division by zero"),
        (
            "import no_such\n",
            "{path}:1: ModuleNotFoundError: No module named 'no_such'",
        ),
        ("TOY = (\n", "SyntaxError: '(' was never closed (bad.py, line 1)"),
        ("raise SystemExit(3)\n", "{path}:1: SystemExit: 3"),
    ],
)
def test_a_file_that_can_not_be_imported_is_one_error(project: Path, text: str, cause: str) -> None:
    write(project, {"toys/bad.py": text})
    path = project / "toys" / "bad.py"
    assert message() == (
        f"the toy {path} can't be imported\n"
        f"{cause.format(path=path)}\n"
        "To do: correct the file, or remove it"
    )


def test_an_error_of_an_installed_package_names_the_package(
    project: Path, install: Install
) -> None:
    site = install("acme", {"upgradeproof.toys": "one = bad_toy"}, {"bad_toy.py": "1 / 0\n"})
    assert message() == (
        f"the toy {site}/bad_toy.py (of the package acme 1.0) can't be imported\n"
        f"{site}/bad_toy.py:1: ZeroDivisionError: division by zero\n"
        "To do: correct the file, or remove it"
    )


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("no_module_of_this_name", "there is no such module"),
        ("no_package.toy", "ModuleNotFoundError: No module named 'no_package'"),
        ("json:dumps", "there is no such module"),
    ],
)
def test_an_entry_point_that_names_no_module_is_one_error(
    project: Path, install: Install, value: str, problem: str
) -> None:
    install("acme", {"upgradeproof.toys": f"one = {value}"}, {})
    assert message() == (
        f"the entry point one = {value} of the package acme 1.0 can't be read\n"
        f"upgradeproof.toys: {problem}\n"
        "To do: name a module; correct the package, or remove it"
    )


def test_two_folders_of_a_project_may_not_have_modules_of_one_name(
    project: Path, tmp_path: Path
) -> None:
    write(project, {"toys/boat.py": "TOY = 'boat'\n"})
    write(tmp_path / "other", {"toys/boat.py": "TOY = 'ferry'\n"})
    open_project(project, tmp_path / "other")
    assert message() == (
        f"two modules of the project have the name {PROJECT}.toys.boat\n"
        f"{project}/toys/boat.py\n{tmp_path}/other/toys/boat.py\n"
        "To do: rename one of the files"
    )


def test_data_of_a_later_place_replaces_that_of_an_earlier_one(
    project: Path, install: Install
) -> None:
    def boxes() -> dict[str, str]:
        return discover(BOXES, lambda file: [(file.path.stem, file.path.read_text())])

    install("acme", {"upgradeproof.boxes": "all = acme_boxes"}, {"acme_boxes/red.toml": "package"})
    assert boxes() == {"red": "package"}
    write(project, {"boxes/red.toml": "project", "boxes/blue.toml": "project"})
    assert boxes() == {"red": "project", "blue": "project"}


def test_an_unexpected_error_of_an_extension_names_its_file_and_line(project: Path) -> None:
    write(project, {"toys/boat.py": "TOY = 'boat'\n\ndef sail():\n    return {}['wind']\n"})
    module = next(iter(list(files(TOYS))[1:])).module
    with pytest.raises(HarnessError) as caught, contained("the toy 'boat'", module.__name__):
        module.sail()
    path = project / "toys" / "boat.py"
    assert str(caught.value) == (
        f"the toy 'boat' failed\n{path}:4: KeyError: 'wind'\nTo do: correct {path}"
    )


def test_an_error_of_ours_passes_as_it_is() -> None:
    with pytest.raises(PlanError, match=r"^mine$"), contained("the toy", __name__):
        raise PlanError("mine")
