"""The documentation is correct where a test can check it: links, code blocks, keys and names."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from argparse import _SubParsersAction
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Literal

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tests.unit.documented import IMAGE_MODELS, OF_THE_LOADER, PLAN_MODELS
from upgradeproof import cli, errors
from upgradeproof.machines.docker import CAPABILITIES, DROPPED
from upgradeproof.plan import Image, Plan
from upgradeproof.plan.steps import step_kinds
from upgradeproof.plugin.subjects import SUBJECTS
from upgradeproof.probes import every_probe
from upgradeproof.results import Verdict

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")]
PAGES += [ROOT / "reports/README.md"]
PAGES += sorted(DOCS.rglob("*.md"))

BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
URL = re.compile(r"\b[a-z]+://[^\s)\"'`]+")
CELL = re.compile(r"`([^`]+)`")
ELSEWHERE = (
    "https://keepachangelog.com/",
    "https://semver.org/",
    "http://mirror.example/",
    "ssh://",
    "unix://",
    "https://openvex.dev",
)
"""Addresses that a page may contain: never an archive or a registry."""


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """Return a page without its blocks of code."""
    return BLOCK.sub("", page.read_text(encoding="utf-8"))


def blocks(page: Path, language: str) -> Iterator[str]:
    """Yield the code of one language, without the indentation of its list."""
    for indent, name, code in BLOCK.findall(page.read_text(encoding="utf-8")):
        if name == language:
            yield "\n".join(line.removeprefix(indent) for line in code.splitlines())


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    lowered = (heading.strip().lower() for heading in HEADING.findall(prose(page)))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in lowered}


def section(page: str, heading: str) -> str:
    """Return the section of the reference with a heading, up to the next heading."""
    return section_of(REFERENCE / page, heading)


def section_of(page: Path, heading: str) -> str:
    """Return the section of any page with a heading, up to the next heading."""
    parts = re.split(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[heading]


def rows(page: str, heading: str) -> dict[str, list[str]]:
    """Return the rows of a section's tables by the first name in their first column."""
    lines = (line for line in section(page, heading).splitlines() if line.startswith("|"))
    cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return {found[1]: row for row in cells if (found := CELL.match(row[0]))}


def keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields of a model by the names that files use."""
    left_out = OF_THE_LOADER.get(model, set())
    return {
        field.alias or name: field
        for name, field in model.model_fields.items()
        if name not in left_out
    }


def words(annotation: Any) -> set[str]:
    """Return the words of every Literal in an annotation."""
    if getattr(annotation, "__origin__", None) is Literal:
        return {str(value) for value in annotation.__args__}
    inner = getattr(annotation, "__args__", ())
    if isinstance(annotation, UnionType) or inner:
        return set().union(*(words(argument) for argument in inner))
    return set()


def as_written(field: FieldInfo) -> str:
    """Return the default of a field in TOML, or a word if TOML has no such value."""
    default = field.get_default(call_default_factory=True)
    if default is None:
        return "none"
    if isinstance(default, BaseModel):
        return "nothing"
    number = isinstance(default, float) and default.is_integer()
    return f"`{json.dumps(int(default) if number else default)}`"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_relative_link_has_a_target(page: Path) -> None:
    broken = []
    for link in LINK.findall(prose(page)):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if "://" in link:
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_block_of_python_parses(page: Path) -> None:
    for code in blocks(page, "python"):
        ast.parse(code)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_block_of_toml_parses_and_every_whole_plan_is_valid(page: Path) -> None:
    for code in blocks(page, "toml"):
        data = tomllib.loads(code)
        if {"name", "release"} <= data.keys():
            Plan.model_validate(data)
        if "codename" in data:
            Image.model_validate(data)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_no_page_names_an_archive_or_a_path_of_one_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [url for url in URL.findall(text) if not url.startswith(ELSEWHERE)] == []
    assert not re.search(r"(?<![\w.])/(work|root(?!@)|home/(?!ada/))", text)


def test_no_message_names_a_page() -> None:
    """A wheel has no pages: a message states itself what to do."""
    files = sorted((ROOT / "upgradeproof").rglob("*.py"))
    assert [str(file) for file in files if "docs/" in file.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=page_id)
def test_every_page_is_linked_from_the_map(page: Path) -> None:
    linked = {
        (DOCS / link.split("#")[0]).resolve() for link in LINK.findall(prose(DOCS / "index.md"))
    }
    assert page.name == "index.md" or page in linked


@pytest.mark.parametrize(
    ("page", "heading", "model"),
    [
        *(("plan.md", heading, model) for heading, model in PLAN_MODELS.items()),
        *(("plan.md", name, model) for name, model in step_kinds().items()),
        *(("images.md", heading, model) for heading, model in IMAGE_MODELS.items()),
    ],
)
def test_reference_of_a_file_is_complete(page: str, heading: str, model: type[BaseModel]) -> None:
    table = rows(page, heading)
    assert set(table) == set(keys(model))
    assert {name: row[2] for name, row in table.items()} == {
        name: "required" if field.is_required() or name == "step" else as_written(field)
        for name, field in keys(model).items()
    }


@pytest.mark.parametrize(
    ("heading", "model"),
    [(heading, model) for heading, model in PLAN_MODELS.items() if heading != "The file"],
)
def test_reference_of_the_plan_names_every_word_that_a_key_takes(
    heading: str, model: type[BaseModel]
) -> None:
    text = section("plan.md", heading)
    missing = {
        word
        for name, field in keys(model).items()
        for word in words(field.annotation)
        if word not in text
    }
    assert missing == set()


@pytest.mark.parametrize("probe", every_probe(), ids=lambda probe: str(probe.section))
def test_reference_of_facts_is_complete(probe: Any) -> None:
    table = rows("facts.md", probe.section)
    assert set(table) == set(probe.record.model_fields)
    assert {name for name, row in table.items() if row[1].startswith("volatile")} == set(
        probe.record.volatile
    )
    assert f"`{probe.__name__}`" in section("facts.md", probe.section)


def test_reference_of_the_command_line_is_complete() -> None:
    assert set(rows("command-line.md", "Subjects")) == set(SUBJECTS)
    commands = next(a for a in cli._parser()._actions if isinstance(a, _SubParsersAction))
    documented = set(
        re.findall(
            r"^\| `upgradeproof ([\w-]+)", section("command-line.md", "upgradeproof"), re.MULTILINE
        )
    )
    assert documented == set(commands.choices)


def test_reference_of_the_command_line_names_every_exit_status() -> None:
    known = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.UpgradeproofError)
    }
    text = section("command-line.md", "Exit status of upgradeproof")
    assert known <= {int(number) for number in re.findall(r"^\| (\d) \|", text, re.MULTILINE)}


@pytest.mark.parametrize("page", ["README.md", "docs/explanation/states-and-verdicts.md"])
def test_every_verdict_is_explained(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert [verdict for verdict in Verdict if f"| `{verdict}` |" not in text] == []


def test_security_names_every_capability() -> None:
    text = (DOCS / "explanation/security.md").read_text(encoding="utf-8")
    assert [name for name in (*CAPABILITIES, *DROPPED) if f"`{name}`" not in text] == []


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 150
