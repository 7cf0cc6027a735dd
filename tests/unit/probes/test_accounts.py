"""A system account that a new package creates is explained; every other one is not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from upgradeproof.probes import Facts, diff
from upgradeproof.probes.base import Difference
from upgradeproof.probes.groups import Group, Groups
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.users import User, Users

CLOCK = Package(version="4.2", state="install ok installed")
SYSTEM = User(uid=109, gid=109, home="/nonexistent", shell="/usr/sbin/nologin")
REASON = "a system account of clock, which was installed in version 4.2"


def facts(user: User | None = None, group: Group | None = None, *, name: str = "clock") -> Facts:
    """Return the facts of a machine that has the package, and these accounts."""
    return Facts(
        {
            Packages.section: {"clock": CLOCK},
            Users.section: {name: user} if user else {},
            Groups.section: {name: group} if group else {},
        }
    )


EMPTY = Facts({Packages.section: {}, Users.section: {}, Groups.section: {}})


@pytest.mark.parametrize(
    ("name", "user", "reason"),
    [
        ("clock", SYSTEM, REASON),
        ("_clock", SYSTEM, REASON),
        ("watch", SYSTEM, ""),
        ("clock", SYSTEM.model_copy(update={"shell": "/bin/bash"}), ""),
        ("clock", SYSTEM.model_copy(update={"uid": 0}), ""),
        ("clock", SYSTEM.model_copy(update={"uid": 1000}), ""),
    ],
)
def test_a_user_of_a_new_package(name: str, user: User, reason: str) -> None:
    came = Difference(path=f"users/{name}", before=None, after="uid=109")
    assert Users.explain(came, EMPTY, facts(user, name=name)) == reason


@pytest.mark.parametrize(("version", "explained"), [("12", False), ("13", True)])
def test_a_user_with_the_prefix_of_packages_comes_with_a_distribution(
    version: str, *, explained: bool
) -> None:
    systems = [OperatingSystem(state="running", id="x", version=v) for v in ("12", version)]
    before, after = (
        Facts({**found.sections, "system": {"system": system}})
        for found, system in zip((EMPTY, facts(SYSTEM, name="Debian-ow")), systems, strict=True)
    )
    came = Difference(path="users/Debian-ow", before=None, after="uid=109")
    reason = "a system account with the prefix that only packages use" if explained else ""
    assert Users.explain(came, before, after) == reason


def test_a_new_user_of_an_existing_package_is_not_explained() -> None:
    came = Difference(path="users/clock", before=None, after="uid=109")
    assert Users.explain(came, facts(), facts(SYSTEM)) == ""


def test_a_removed_user_is_not_explained() -> None:
    went = Difference(path="users/clock", before="uid=109", after=None)
    assert Users.explain(went, facts(SYSTEM), facts()) == ""


@pytest.mark.parametrize(
    ("group", "reason"),
    [(Group(gid=109), REASON), (Group(gid=109, members=("ada",)), ""), (Group(gid=27), "")],
)
def test_a_group_of_a_new_package(group: Group, reason: str) -> None:
    came = Difference(path="groups/clock", before=None, after="gid=109")
    assert Groups.explain(came, EMPTY, facts(group=group)) == reason


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


def test_the_password_field_of_a_group_never_leaves_the_machine() -> None:
    assert Groups.script(ProbeInputs()).startswith("cut -d : -f 1,3- /etc/")


def read_users(folder: Path, **hashes: str) -> tuple[str, dict[str, User]]:
    """Run the script on files with these fields of shadow, and return what it prints."""
    passwd = "".join(f"{name}:x:1000:1000::/home:/bin/sh\n" for name in hashes)
    (folder / "passwd").write_text(f"{passwd}open::7:7::/:/bin/sh\nold:{HASH}:8:8::/:/bin/sh\n")
    (folder / "shadow").write_text(
        "".join(f"{name}:{field}\n" for name, field in hashes.items()) + "broken\n"
    )
    script = Users.script(ProbeInputs()).replace("/etc/", f"{folder}/")
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert not done.stderr
    return done.stdout, Users.parse(done.stdout, ProbeInputs())


HASH = "$y$j9T$Zm9vYmFy$c2VjcmV0c2VjcmV0"


def test_only_the_state_of_a_password_leaves_the_machine(tmp_path: Path) -> None:
    fields = {
        "ops": (f"{HASH}:20000:0:99999:7:::", "set"),
        "des": ("abJnggxhB/yWI:20000:0:99999:7:::", "set"),
        "off": (f"!{HASH}:20000:0:99999:7:::", "locked"),
        "des_off": ("!!abJnggxhB/yWI:20000:0:99999:7:::", "locked"),
        "free": (":20000:0:99999:7:::", "none"),
        "debian12": ("*:20000:0:99999:7:::", "no login"),
        "debian13": ("!*:20000::::::", "no login"),
        "system": ("!:20000::::::", "no login"),
        "never": ("!!:20000::::::", "no login"),
        "invalid": ("x:20000::::::", "no login"),
    }
    output, found = read_users(tmp_path, **{name: field for name, (field, _) in fields.items()})
    states = {name: user.password for name, user in found.items()}
    assert states == {name: s for name, (_, s) in fields.items()} | {"open": "none", "old": "set"}
    assert "$y$" not in output
    assert "yWI" not in output


@pytest.mark.parametrize(
    ("day", "expires"),
    [("", ""), ("0", "1970-01-01"), ("20454", "2026-01-01"), ("-1", ""), ("9" * 15, ""), ("x", "")],
)
def test_the_day_on_which_an_account_expires_is_read(
    tmp_path: Path, day: str, expires: str
) -> None:
    _, found = read_users(tmp_path, ops=f"{HASH}:20000:0:99999:7::{day}:")
    assert found["ops"].expires == expires


def test_a_machine_without_shadow_has_users_whose_password_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "passwd").write_text("ops:x:1000:1000::/home:/bin/sh\n")
    script = Users.script(ProbeInputs()).replace("/etc/", f"{tmp_path}/")
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert Users.parse(done.stdout, ProbeInputs())["ops"].password == ""


@pytest.mark.parametrize(
    ("password", "reason"), [("no login", REASON), ("set", ""), ("none", ""), ("locked", "")]
)
def test_a_new_user_with_a_password_is_not_explained(password: str, reason: str) -> None:
    user = SYSTEM.model_copy(update={"password": password})
    came = Difference(path="users/clock", before=None, after="uid=109")
    assert Users.explain(came, EMPTY, facts(user)) == reason


def test_a_locked_user_is_not_explained() -> None:
    was, now = (facts(SYSTEM.model_copy(update={"password": p})) for p in ("set", "locked"))
    (line,) = diff(was, now)
    assert (line.path, line.before, line.after) == ("users/clock/password", "set", "locked")
    assert Users.explain(line, was, now) == ""


def test_lines_that_are_no_accounts_are_ignored() -> None:
    assert Users.parse("+:::::\n# comment\nx:y:z:::\n:1:1:::\n", ProbeInputs()) == {}
    assert Groups.parse("+::\n\nbroken\nx:-1:\n", ProbeInputs()) == {}
