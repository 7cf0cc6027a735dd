"""Files that have another random word in their names at each start of a service."""

from __future__ import annotations

import pytest

from upgradeproof.probes import Difference, Facts
from upgradeproof.probes.open_files import OpenFile, OpenFiles, other_name

OLD = "/var/log/watch/app-stderr---watch-jlkitbxq.log"
NEW = "/var/log/watch/app-stderr---watch-sNu_kn.log"
ERRORS = "/var/log/watch/app-stdout---watch-jlkitbxq.log"


def holding(*paths: str, unit: str = "watch.service") -> dict[str, OpenFile]:
    return {path: OpenFile(units=(unit,)) for path in paths}


@pytest.mark.parametrize(
    ("after", "name"),
    [
        (holding(NEW), NEW),
        (holding(ERRORS), ""),  # it was there before
        (holding(NEW, unit="other.service"), ""),
        (holding("/var/log/other/app-stderr---watch-sNu_kn.log"), ""),
        (holding("/var/log/watch/app-stderr---watch-x.log"), ""),
        (holding("/var/log/watch/app-stderr---watch-requests.log"), ""),  # no word is random
        (holding("/var/log/watch/all-stderr---watch-sNu_kn.log"), ""),
        ({}, ""),
    ],
)
def test_one_word_of_a_name_may_differ(after: dict[str, OpenFile], name: str) -> None:
    assert other_name(OLD, holding(OLD, ERRORS), after) == name


def test_both_names_of_the_file_are_explained() -> None:
    before, after = (Facts({OpenFiles.section: {**holding(path)}}) for path in (OLD, NEW))
    gone = Difference(path=f"open_files/{OLD}", before="there", after=None)
    new = Difference(path=f"open_files/{NEW}", before=None, after="there")
    sentence = "the file is named {} at another start"
    assert OpenFiles.explain(gone, before, after) == sentence.format(NEW)
    assert OpenFiles.explain(new, before, after) == sentence.format(OLD)
    nothing = Facts({OpenFiles.section: {}})
    assert OpenFiles.explain(gone, before, nothing) == ""
