"""Users and groups."""

from __future__ import annotations

from upgradeproof.probes.groups import Group, Groups
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.users import User, Users


def test_users_are_read() -> None:
    output = "root:0:0:root:/root:/bin/bash\nredis:102:105::/var/lib/redis:/usr/sbin/nologin\n"
    assert Users.parse(output, ProbeInputs()) == {
        "root": User(uid=0, gid=0, comment="root", home="/root", shell="/bin/bash"),
        "redis": User(uid=102, gid=105, home="/var/lib/redis", shell="/usr/sbin/nologin"),
    }


def test_groups_are_read_with_sorted_members() -> None:
    assert Groups.parse("adm:4:syslog,admin\nroot:0:\n", ProbeInputs()) == {
        "adm": Group(gid=4, members=("admin", "syslog")),
        "root": Group(gid=0),
    }


def test_the_password_field_never_leaves_the_machine() -> None:
    for probe in (Users, Groups):
        assert probe.script(ProbeInputs()).startswith("cut -d : -f 1,3- /etc/")


def test_lines_that_are_no_accounts_are_left_out() -> None:
    assert Users.parse("+:::::\n# comment\nx:y:z:::\n:1:1:::\n", ProbeInputs()) == {}
    assert Groups.parse("+::\n\nbroken\nx:-1:\n", ProbeInputs()) == {}
