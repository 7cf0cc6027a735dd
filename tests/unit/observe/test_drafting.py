"""The plan that is drafted from an observation, compared as a whole."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.observe.facts import SEEN, unit
from tests.unit.observe.test_order import IMAGES
from upgradeproof.daemons import Preparation
from upgradeproof.observe import services
from upgradeproof.observe.drafting import draft, findings
from upgradeproof.observe.observing import Observed
from upgradeproof.observe.order import order
from upgradeproof.observe.writing import Entry, plan_text
from upgradeproof.probes import Facts
from upgradeproof.probes.services import Services

PLATFORM = order(("db",), "deb-1", "deb-2", IMAGES).platform
OBSERVED = Observed(
    order=order(("db",), "deb-1", "deb-2", IMAGES),
    system="system-files",
    preparations=(
        Preparation(title="set a locale", packages=("locales",), script="\nlocale-gen\n"),
    ),
    seen=SEEN,
    offered={"system-files": "13.8", "db": "17+278"},
    services=services.services(SEEN),
    expect={
        "port": services.ports(SEEN),
        "endpoint": (),
        "data": (
            Entry(
                keys={"id": "db", "write": "w\n", "read": "r\n", "equals": "x"},
                source="written and read through the client of The database",
            ),
        ),
    },
    left_out=("tcp port 40001 of dbd: it changes with each boot",),
)
TEXT = f"""\
# Written by `upgradeproof init db --from deb-1 --to deb-2` from what was observed on a
# {PLATFORM.id}: bare, with the packages, and after the next boot. A comment states where
# each part comes from. You can edit this file.
#
# To decide:
#   deb-2 does not offer db-15: db-15 15.20-0 stays as it is
name = "db"
title = "db, from deb-1 to deb-2"

# What identifies a release: the system, the named packages, and those whose programs run as
# services.
[[release]]
name = "1"
[release.packages]
system-files = "12.*"  # 12.4 is installed
db = "15+*"  # 15+248 is installed
db-15 = "15.*"  # 15.20-0 is installed

[[release]]
name = "2"
[release.packages]
system-files = "13.*"  # 13.8 is offered
db = "17+*"  # 17+278 is offered
db-15 = "15.*"  # not offered: it stays until you replace it

# for the next step
[[install]]
step = "apt-install"
packages = ["locales"]

# An installed server has that, and a bare machine does not.
[[install]]
step = "run"
script = '''
locale-gen
'''
title = "set a locale"

[[install]]
step = "apt-install"
packages = ["db"]
fetch_lists = false

[[upgrade]]
from = "1"
to = "2"
platforms = ["{PLATFORM.id}"]

# The upgrade, as the release notes describe it.
[[upgrade.steps]]
step = "apt-sources"
old = "one"
new = "two"

[[upgrade.steps]]
step = "apt-full-upgrade"

# Services that the upgrade does not restart use the old libraries until a boot, which a container
# does not have. The checks report a service that does not start.
[[upgrade.steps]]
step = "run"
title = "restart the services, as the reboot at the end of an upgrade does"
script = "systemctl try-restart db.service || true"

[expect]
services = [
  "db-clean.timer",  # active after a boot: enabled, of db-common
  "db",  # active after a boot: enabled, of db-common, for db@15-main
]

# 127.0.0.1, [::1]: /usr/sbin/dbd of db@15-main.service
[[expect.port]]
port = 5000
process = "dbd"

# written and read through the client of The database
[[expect.data]]
id = "db"
write = '''
w
'''
read = '''
r
'''
equals = "x"

# Observed, and not expected here:
# - tcp port 40001 of dbd: it changes with each boot
"""


def test_the_plan_of_an_observation() -> None:
    assert plan_text(draft(OBSERVED)) == TEXT


def test_a_package_that_the_upgrade_removes_is_noted_and_not_expected_after_it() -> None:
    found = replace(OBSERVED, removed=frozenset({"db-15"}))
    line = "deb-2 does not offer db-15, and the upgrade removes db-15 15.20-0"
    assert findings(found) == (line,)
    text = plan_text(draft(found))
    assert f"#   {line}\n" in text
    assert text.count("db-15 = ") == 1


def test_a_named_package_without_a_candidate_does_not_prevent_a_plan() -> None:
    found = replace(OBSERVED, offered={"system-files": "13.8"})
    assert findings(found) == (
        "deb-2 does not offer db: db 15+248 stays as it is",
        "deb-2 does not offer db-15: db-15 15.20-0 stays as it is",
    )
    assert 'db = "15+*"  # not offered: it stays until you replace it\n' in plan_text(draft(found))


def test_a_plan_without_a_service_has_no_restart() -> None:
    bare = replace(SEEN, installed=SEEN.bare, booted=SEEN.bare)
    found = replace(
        OBSERVED,
        order=order(("init",), "deb-1", "deb-2", IMAGES),
        preparations=(),
        seen=bare,
        offered={"system-files": "13.8", "init": "2"},
        services=(),
        expect={},
        left_out=(),
    )
    text = plan_text(draft(found))
    assert "restart" not in text
    assert "[expect]" not in text
    assert text.endswith('step = "apt-full-upgrade"\n')


def test_a_unit_with_an_escaped_name_is_one_word_of_the_script() -> None:
    units = {**SEEN.booted[Services], r"a\x2db.service": unit("db-common")}
    there = Facts({**SEEN.booted.sections, "services": units})
    found = replace(OBSERVED, seen=replace(SEEN, installed=there, booted=there))
    (restart,) = [step for step in draft(found).steps if "restart" in str(step.keys.get("title"))]
    assert restart.keys["script"] == (r"systemctl try-restart 'a\x2db.service' db.service || true")
