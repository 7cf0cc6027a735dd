"""Policies for the whole machine: how they are read, and which changes follow from a package."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest

from upgradeproof.probes import Facts, diff
from upgradeproof.probes.base import Difference
from upgradeproof.probes.configs import Configs
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.policies import Policies, Policy
from upgradeproof.probes.text_diff import packed, unpacked

UNITS = "/usr/lib/systemd/system"
RULES = "/usr/share/polkit-1/rules.d/50-acme.rules"
TMPFILES = "/usr/lib/tmpfiles.d/acme.conf"


def written(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def read(root: Path, owners: dict[str, list[str]]) -> dict[str, Policy]:
    """Run the script on a folder instead of a machine, and parse what it prints."""
    info = root / "var/lib/dpkg/info"
    info.mkdir(parents=True)
    for name, paths in owners.items():
        (info / f"{name}.list").write_text("".join(f"{path}\n" for path in paths))
    script = Policies.script(ProbeInputs())
    for folder in ("/usr/lib ", "/etc/$", "/usr/share/", "/lib\n", "/lib ]", "/var/lib/dpkg/info/"):
        script = script.replace(folder, f"{root}{folder}")
    script = script.replace(",^/usr/,/,", ",^@,@,").replace(
        "grep -xF", f"sed s,{root},, | grep -xF"
    )
    done = subprocess.run(
        ["sh", "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    assert not done.stderr
    return Policies.parse(done.stdout.replace(str(root), ""), ProbeInputs())


def test_files_are_read_with_package_sum_and_text(tmp_path: Path) -> None:
    everyone = "polkit.addRule(function() { return polkit.Result.YES; });\n"
    all_units = f"{UNITS}/service.d/10-acme.conf"
    root = written(
        tmp_path,
        **{RULES[1:]: everyone, all_units[1:]: "[Service]\nTimeoutStopSec=3\n"},
        **{TMPFILES[1:]: "e /var/lib/acmed/archive - - - 7d\n", "usr/lib/tmpfiles.d/README": "x"},
        **{"lib/udev/rules.d/1-a.rules": 'MODE="0666"\n', "usr/lib/sysusers.d/a.conf": "x"},
    )
    found = read(root, {"acme:amd64": [RULES, TMPFILES], "base": ["/lib/udev/rules.d/1-a.rules"]})
    assert {path: (each.package, unpacked(each.text)) for path, each in found.items()} == {
        RULES: ("acme", everyone),
        all_units: ("", "[Service]\nTimeoutStopSec=3\n"),
        TMPFILES: ("acme", "e /var/lib/acmed/archive - - - 7d\n"),
        "/usr/lib/udev/rules.d/1-a.rules": ("base", 'MODE="0666"\n'),
    }
    assert found[RULES].sha256 == hashlib.sha256(everyone.encode()).hexdigest()


def test_what_packages_put_into_the_folders_of_other_programs_is_read(tmp_path: Path) -> None:
    brought = (
        "/etc/sudoers.d/acme",
        "/etc/ld.so.conf.d/acme.conf",
        "/etc/systemd/system/cron.service.d/acme.conf",
        "/usr/lib/systemd/system-environment-generators/acme",
        "/usr/lib/python3/dist-packages/sitecustomize.py",
        "/usr/lib/python3/dist-packages/acme.pth",
    )
    others = (
        "/etc/sudoers.d/ours",
        "/etc/sudoers.d/acme.dpkg-dist",
        "/etc/acme/acme.conf",
        "/etc/systemd/system/acmed.service.d/own.conf",
        "/usr/lib/python3/dist-packages/acme.py",
    )
    root = written(tmp_path, **{path[1:]: "a\n" for path in (*brought, *others)})
    unit = "/usr/lib/systemd/system/acmed.service"
    packaged = [path for path in (*brought, *others) if path != "/etc/sudoers.d/ours"]
    found = read(root, {"acme": [*packaged, unit], "base": []})
    texts = {path: unpacked(each.text) for path, each in found.items()}
    assert texts == dict.fromkeys(brought, "a\n")


def test_of_a_private_or_a_binary_file_no_text_is_stored(tmp_path: Path) -> None:
    private, binary = "/etc/sudoers.d/acme", "/usr/lib/systemd/system-generators/acme"
    root = written(tmp_path, **{private[1:]: "a\n", binary[1:]: "a\0b\n"})
    (root / private[1:]).chmod(0o440)
    (root / f"{private[1:]}-link").symlink_to("acme")  # its own mode is open to all
    found = read(root, {"acme": [private, f"{private}-link", binary], "base": []})
    assert {path: (bool(each.sha256), each.text) for path, each in found.items()} == {
        private: (True, ""),
        f"{private}-link": (True, ""),
        binary: (True, ""),
    }


def test_a_file_that_the_plan_names_is_judged_with_the_configuration() -> None:
    path = "/etc/sudoers.d/acme"
    before, after = facts("1", "12", **{path: policy("a")}), facts("2", "12", **{path: policy("b")})
    (line,) = (line for line in diff(before, after) if line.path.startswith("policies/"))
    assert not Policies.explain(line, before, after)
    named = before.joined(Facts({Configs.section: {path: Policy()}}))
    assert "the plan names" in Policies.explain(line, named, after)


def test_a_drop_in_of_a_unit_of_the_same_package_is_no_policy(tmp_path: Path) -> None:
    own, other = f"{UNITS}/acmed.service.d/a.conf", f"{UNITS}/cron.service.d/a.conf"
    instance = f"{UNITS}/acme@0.service.d/a.conf"
    root = written(tmp_path, **{path[1:]: "[Service]\n" for path in (own, other, instance)})
    found = read(
        root,
        {
            "acme": [own, other, instance, f"{UNITS}/acmed.service", f"{UNITS}/acme@.service"],
            "cron": [f"{UNITS}/cron.service"],
        },
    )
    assert {path: each.package for path, each in found.items()} == {other: "acme"}


def test_of_a_link_out_of_the_package_only_the_target_is_known(tmp_path: Path) -> None:
    root = written(tmp_path, **{"usr/lib/environment.d/b.conf": "A=1\n"})
    (root / "usr/lib/environment.d/a.conf").symlink_to("/dev/null")
    (root / "usr/lib/environment.d/c.conf").symlink_to("b.conf")
    found = read(root, {})
    assert found["/usr/lib/environment.d/a.conf"] == Policy(target="/dev/null")
    assert unpacked(found["/usr/lib/environment.d/c.conf"].text) == "A=1\n"


def test_a_large_file_has_no_text(tmp_path: Path) -> None:
    root = written(tmp_path, **{RULES[1:]: "x" * 40_000, TMPFILES[1:]: "token=abcdefgh\n"})
    found = read(root, {})
    assert found[RULES].sha256
    assert not found[RULES].text
    assert unpacked(found[TMPFILES].text) == "token=(secret)\n"


def test_a_text_that_was_cut_is_not_stored() -> None:
    output = "file\t/usr/a\t\t3\n\tlost\ntext\t/usr/a\n\tx\ncut\t/usr/a\nfile\n\ntext\t/b\n"
    assert Policies.parse(output, ProbeInputs()) == {"/usr/a": Policy()}


def facts(version: str, system: str, **policies: Policy) -> Facts:
    return Facts(
        {
            Packages.section: {
                "acme": Package(version=version, state="install ok installed"),
                "same": Package(version="1", state="install ok installed"),
            },
            "system": {"system": OperatingSystem(state="running", id="debian", version=system)},
            Policies.section: policies,
        }
    )


def policy(text: str, package: str = "acme") -> Policy:
    found = hashlib.sha256(text.encode()).hexdigest()
    return Policy(package=package, sha256=found, text=packed(text.encode()))


def explained(path: str, was: Policy | None, now: Policy | None, system: str = "12") -> str:
    """Return why the one line of the diff is explained; ``system``: the one after the upgrade."""
    before = facts("1", "12", **({path: was} if was else {}))
    after = facts("2", system, **({path: now} if now else {}))
    (line,) = (line for line in diff(before, after) if line.path.startswith("policies/"))
    return Policies.explain(line, before, after)


BELONGS = "belongs to acme, which went from 1 to 2"


@pytest.mark.parametrize(
    ("was", "now", "system", "reason"),
    [
        (None, policy("a"), "12", ""),
        (policy("a"), policy("b"), "12", ""),
        (policy("a"), None, "12", BELONGS),
        (policy("a", "same"), None, "12", ""),
        (None, policy("a"), "13", BELONGS),
        (policy("a"), policy("b"), "13", BELONGS),
        (None, policy("a", "same"), "13", ""),
        (None, policy("a", ""), "13", ""),
        (policy("a", "same"), policy("a"), "12", BELONGS),
        (
            policy("a\n# one\n"),
            policy("a\n# two\n"),
            "12",
            "has other comments, and every other line as before",
        ),
    ],
)
def test_single_packages_explain_no_new_policy(
    was: Policy | None, now: Policy | None, system: str, reason: str
) -> None:
    assert explained(RULES, was, now, system) == reason


@pytest.mark.parametrize(
    ("line", "ordinary"),
    [
        ("d /run/acme 0755 acme acme -", True),
        ("d  /run/acme  0750 acme acme", True),
        ("d /var/run/acme - acme acme - -", True),
        ("d /run/acme 0777 acme acme -", False),
        ("d /run/acme 0755 acme acme 7d", False),
        ("d /var/lib/acme 0755 acme acme -", False),
        ("d /run 0755 acme acme -", False),
        ("R /run/acme", False),
        ("e /var/lib/acmed/archive - - - 7d", False),
    ],
)
def test_a_folder_below_run_is_no_policy_for_the_machine(line: str, *, ordinary: bool) -> None:
    reason = BELONGS if ordinary else ""
    assert explained(TMPFILES, None, policy(f"# acme\n\n{line}\n")) == reason
    both = policy(f"L /etc/a - - - - b\n{line}\n")
    assert explained(TMPFILES, policy("L /etc/a - - - - b\n"), both) == reason
    assert explained(RULES, None, policy(f"{line}\n")) == ""


def test_a_new_file_has_its_text_as_the_detail() -> None:
    before, after = facts("1", "12"), facts("2", "12", **{RULES: policy("yes\n")})
    (line,) = (line for line in diff(before, after) if line.path.startswith("policies/"))
    assert "+yes" in Policies.detail(line, before, after).split("\n")
    gone = Difference(path=line.path, before="there", after=None)
    assert "-yes" in Policies.detail(gone, after, before).split("\n")


def test_another_text_has_a_diff_and_another_owner_has_none() -> None:
    before, after = (facts("1", "12", **{RULES: policy(text)}) for text in ("no\n", "yes\n"))
    details: dict[str, Any] = {
        field: Policies.detail(
            Difference(path=f"policies/{RULES}/{field}", before="1", after="2"), before, after
        )
        for field in ("sha256", "package")
    }
    assert "-no\n+yes" in details["sha256"]
    assert details["package"] == ""
