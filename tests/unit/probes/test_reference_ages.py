"""Which data in folders of temporary files systemd deletes at some age."""

from __future__ import annotations

from pathlib import Path

import pytest

from suites.test_references import sentence
from tests.unit.probes.test_reference_targets import function
from upgradeproof.probes.references import Reference

LINES = """\
# /usr/lib/tmpfiles.d/tmp.conf
q {top} 1777 root root 30d
D {top}/boot 1777 root root -
# /etc/tmpfiles.d/own.conf
d {top}/own 0755 root root -
x {top}/left-*
"""


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("app", ["0 after 30d without use (/usr/lib/tmpfiles.d/tmp.conf)"]),
        ("boot/app", ["0 at each boot (/usr/lib/tmpfiles.d/tmp.conf)"]),
        ("own", ["1 "]),
        ("left-here", ["1 "]),
        ("empty", []),
        ("nowhere", []),
        ("app/shop.db", ["0 after 30d without use (/usr/lib/tmpfiles.d/tmp.conf)"]),
        ("app/queue", []),
    ],
)
def test_the_longest_line_decides_for_data(tmp_path: Path, name: str, answer: list[str]) -> None:
    top = tmp_path / "top"
    for folder in ("app", "boot/app", "own", "left-here"):
        (top / folder).mkdir(parents=True)
        (top / folder / "queue").write_text("1")
    (top / "empty").mkdir()
    (top / "app/shop.db").touch()
    lines = tmp_path / "lines"
    lines.write_text(LINES.format(top=top))
    found = function(
        f"map {{ qq($_->[4] $_->[5]) }} stored('{top}/{name}', '/etc/a', 1)",
        "reference_ages.pl",
        **{"systemd-tmpfiles --cat-config": f"cat {lines}"},
    )
    assert found == answer


def test_data_that_systemd_deletes_is_reported_with_its_line() -> None:
    was = Reference(kind="stored", name="/var/tmp/app", file="/etc/a.ini", line=2, resolves=True)
    now = was.model_copy(update={"resolves": False, "target": "after 30d without use (tmp.conf)"})
    assert sentence(was, now) == (
        "/etc/a.ini:2 names /var/tmp/app, whose files systemd now deletes"
        " after 30d without use (tmp.conf)"
    )
    assert not was.temporary
