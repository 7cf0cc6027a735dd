"""A small plan as text, which a test changes in one place to make it invalid."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradeproof.errors import PlanError
from upgradeproof.plan import Plan, load_plan

PLAN = """\
name = "thing"
[[release]]
name = "1"
[release.packages]
thing = "1.*"
[[release]]
name = "2"
packages = { thing = "2.*" }
[[release]]
name = "3"
[[install]]
step = "run"
script = '''
[ -e /etc/thing ] || exit 0
name = "no key of the plan"
'''
title = "install"
[[install]]
step = "apt-install"
packages = ["thing"]
[[upgrade]]
from = "1"
to = "2"
platforms = ["*"]
[[upgrade.steps]]
step = "apt-full-upgrade"
[upgrade.expect]
services = ["thingd"]
[[upgrade.expect.change]]
facts = ["packages/*"]
reason = "these are upgraded"
[[upgrade]]
from = "2"
to = "3"
platforms = ["*"]
[[upgrade.steps]]
step = "run"
script = "true"
[[upgrade.steps]]
step = "restart"
services = ["thingd"]
[[upgrade]]
from = "1"
to = "3"
via = ["2"]
platforms = ["*"]
[expect]
[[expect.data]]
id = "note"
write = "echo hi"
read = "echo hi"
equals = "hi"
"""


def write(folder: Path, *changes: tuple[str, str]) -> Path:
    """Write the plan with some of its text changed; each change must fit exactly one place."""
    text = PLAN
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    path = folder / "upgrade.toml"
    path.write_text(text, encoding="utf-8")
    return path


def plan(folder: Path, *changes: tuple[str, str]) -> Plan:
    """Return the plan with some of its text changed."""
    return load_plan(write(folder, *changes))


def error_of(path: Path) -> str:
    """Return the whole error for a plan, without the plan's path."""
    with pytest.raises(PlanError) as caught:
        load_plan(path)
    return str(caught.value).replace(str(path), "PLAN")
