"""The check of words finds a forbidden word and applies its allow list."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.words.__main__ import main
from tests.words.check import read_words
from tests.words.fragments import fragments

WORDS = """
exclude = ["out/*"]
[[word]]
match = "mend(s|ed)?"
write = "repair"
[[word]]
match = "by itself"
write = "automatically"
[[word]]
match = "least"
write = "min"
in = ["names"]
"""


class Project:
    """A folder with files and a word list."""

    def __init__(self, root: Path, printed: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self.printed = printed
        self.allow("")

    def allow(self, entries: str) -> None:
        (self.root / "words").write_text(WORDS + entries, encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def check(self, *argv: str) -> tuple[int, list[str]]:
        status = main(list(argv), root=self.root, words=self.root / "words")
        return status, self.printed.readouterr().out.splitlines()


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project(tmp_path, capsys)


def test_a_forbidden_word_is_printed_with_its_line_and_what_to_write(project: Project) -> None:
    project.write("page.md", "# Page\n\nIt mends\nitself. It runs by\nitself.\n")
    assert project.check() == (
        1,
        [
            "page.md:3: 'mends': write repair",
            "page.md:4: 'by itself': write automatically",
        ],
    )


@pytest.mark.parametrize(
    "text", ["Amend it. Well-mended.\n", "`mend`\n", "```sh\nmend\n```\n", "[x](mend.md)\n"]
)
def test_parts_of_words_and_code_are_not_text(project: Project, text: str) -> None:
    project.write("page.md", text)
    assert project.check() == (0, [])


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("# mend\n", "a.py:1: 'mend': write repair"),
        ('"""Mend it."""\n', "a.py:1: 'Mend': write repair"),
        ('x = 1\ny = f"{x} mends"\n', "a.py:2: 'mends': write repair"),
        ("def mend_it() -> None: ...\n", "a.py:1: in a name, 'mend': write repair"),
        ("class MendedPage: ...\n", "a.py:1: in a name, 'Mended': write repair"),
        ("def at(least_mb: int) -> None: ...\n", "a.py:1: in a name, 'least': write min"),
        ("LEAST_MB = 1\n", "a.py:1: in a name, 'LEAST': write min"),
    ],
)
def test_python_is_read_as_text_and_as_names(project: Project, code: str, line: str) -> None:
    project.write("a.py", code)
    assert project.check() == (1, [line])


def test_a_name_counts_where_it_is_defined(project: Project) -> None:
    project.write("a.py", "import lib\n\nlib.mend(lib.least)  # at least once\n")
    assert project.check() == (0, [])


def test_the_path_of_a_module_is_a_name(project: Project) -> None:
    project.write("mended/a.py", "")
    assert project.check() == (1, ["mended/a.py:1: in a name, 'mended': write repair"])


def test_keys_of_toml_are_names(project: Project) -> None:
    project.write("a.toml", '[mend]\nleast = 1\nx = "at least"\n')
    assert project.check() == (
        1,
        [
            "a.toml:1: in a name, 'mend': write repair",
            "a.toml:2: in a name, 'least': write min",
        ],
    )


def test_excluded_files_and_other_kinds_of_files_are_not_read(project: Project) -> None:
    project.write("out/page.md", "mend")
    project.write("page.txt", "mend")
    assert project.check() == (0, [])


def test_an_allow_entry_allows_the_word_in_its_phrase(project: Project) -> None:
    project.allow('[[allow]]\nfiles = "*.md"\nword = "mend fences"\nreason = "an idiom"\n')
    project.write("page.md", "To mend fences is to mend.")
    assert project.check() == (1, ["page.md:1: 'mend': write repair"])


def test_an_allow_entry_that_allows_nothing_is_an_error(project: Project) -> None:
    project.allow('[[allow]]\nfiles = "*.md"\nword = "mend"\nreason = "an idiom"\n')
    assert project.check() == (
        1,
        ["words: the allow entry for 'mend' in *.md allows nothing: remove it"],
    )


def test_an_allow_entry_needs_a_reason(project: Project) -> None:
    project.allow('[[allow]]\nfiles = "*.md"\nword = "mend"\nreason = " "\n')
    with pytest.raises(ValueError, match="words: the allow entry for 'mend' has no reason"):
        read_words(project.root / "words")


def test_list_prints_the_words_of_some_files_only(project: Project) -> None:
    project.write("page.md", "mend")
    project.write("docs/page.md", "mend")
    assert project.check("--list", "docs/*") == (
        0,
        ["docs/page.md:1: 'mend': write repair", "1 forbidden words"],
    )


def test_strings_of_python_begin_on_their_line() -> None:
    assert [f.line for f in fragments("a.py", "\n\nx = '''a\nb'''\n") if f.kind == "text"] == [3]
