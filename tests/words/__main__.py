"""Check the words of the project: `python -m tests.words`, run by `make lint`."""

from __future__ import annotations

import argparse
import sys
from fnmatch import fnmatchcase
from pathlib import Path

from tests.words.check import read_words, search

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """Return the parsed command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.words", description=__doc__)
    parser.add_argument("--list", metavar="GLOB", help="print all forbidden words of these files")
    return parser.parse_args(argv)


def main(
    argv: list[str] | None = None, *, root: Path = ROOT, words: Path = FOLDER / "words.toml"
) -> int:
    """Return 0 if no file has a forbidden word outside the allow list."""
    options = arguments(argv)
    found, unused = search(root, read_words(words))
    if options.list:
        lines = [str(hit) for hit in found if fnmatchcase(hit.path, options.list)]
        print_lines([*lines, f"{len(lines)} forbidden words"])
        return 0
    problems = [
        f"{words.name}: the allow entry for '{entry.word}' in {entry.files} allows nothing: "
        "remove it"
        for entry in unused
    ]
    problems += [str(hit) for hit in found]
    print_lines(problems)
    return int(bool(problems))


def print_lines(lines: list[str]) -> None:
    """Print lines."""
    sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
