"""Check the words of the project: `python -m tests.words`, run by `make lint`."""

from __future__ import annotations

import argparse
import sys
from fnmatch import fnmatchcase
from pathlib import Path

from tests.words.check import read_words, search
from tests.words.ratchet import cleaner, count, read_counts, refusals, too_many, write_counts

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """Return the parsed command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.words", description=__doc__)
    parser.add_argument("--update", action="store_true", help="write the lower counts")
    parser.add_argument("--list", metavar="GLOB", help="print all forbidden words of these files")
    return parser.parse_args(argv)


def main(
    argv: list[str] | None = None,
    *,
    root: Path = ROOT,
    words: Path = FOLDER / "words.toml",
    counts: Path = FOLDER / "not_yet_clean.toml",
) -> int:
    """Return 0 if no file has more forbidden words than it is listed with."""
    options = arguments(argv)
    found, unused = search(root, read_words(words))
    if options.list:
        lines = [str(hit) for hit in found if fnmatchcase(hit.path, options.list)]
        print_lines([*lines, f"{len(lines)} forbidden words"])
        return 0
    listed = read_counts(counts)
    problems = [
        f"{words.name}: the allow entry for '{entry.word}' in {entry.files} allows nothing: "
        "remove it"
        for entry in unused
    ]
    if options.update:
        problems += refusals(found, listed)
        if not problems:
            write_counts(counts, count(found))
    else:
        problems += [str(hit) for hit in too_many(found, listed)]
        problems += [
            f"{name}: fewer forbidden words than listed; run `python -m tests.words --update`"
            for name in cleaner(found, listed)
        ]
    print_lines(problems)
    return int(bool(problems))


def print_lines(lines: list[str]) -> None:
    """Print lines."""
    sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
