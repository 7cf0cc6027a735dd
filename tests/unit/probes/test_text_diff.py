"""The differences between two stored texts of a file."""

from __future__ import annotations

import pytest

from upgradeproof.probes.text_diff import only_comments_differ, packed


@pytest.mark.parametrize(
    ("before", "after", "alike"),
    [
        ("a=1\n# old\n", "# new\n\na=1\n", True),
        ("a=1\n", "a=2\n", False),
        ("a=1\n", "a=1\n#b=2\n", True),
        ("#b=2\n", "b=2\n", False),
        ("#!/bin/sh\n", "#!/bin/bash\n", False),
        ("password=x\n", "password=y\n", False),
    ],
)
def test_only_comments_differ(before: str, after: str, alike: bool) -> None:
    texts = (packed(text.encode()) for text in (before, after))
    assert only_comments_differ(*texts) is alike


def test_without_stored_texts_the_difference_is_unknown() -> None:
    assert not only_comments_differ("", "")
