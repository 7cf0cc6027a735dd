"""Which changes of the section ``files`` a package explains, and which it never explains."""

from __future__ import annotations

from typing import Any

import pytest

from upgradeproof.probes import Facts, diff
from upgradeproof.probes.conffiles import Conffile
from upgradeproof.probes.configs import Config
from upgradeproof.probes.file_records import ROOT, File
from upgradeproof.probes.files import Files
from upgradeproof.probes.packages import Package

NGINX = "nginx, which went from 1 to 2"


def facts(version: str, files: dict[str, File], **sections: Any) -> Facts:
    """Return facts of a machine with nginx in a version, and bash that never changes."""
    packages = {
        name: Package(version=which, state="install ok installed")
        for name, which in (("nginx", version), ("bash", "5"))
        if which
    }
    return Facts({"files": files, "packages": packages, "configs": {}, "conffiles": {}, **sections})


def reasons(
    before: File | None, after: File | None, path: str = "/etc/x", **more: Any
) -> dict[str, str]:
    """Return the reasons of a file's changes by field; ``""``: the file was added or removed."""
    versions = more.pop("versions", ("1", "2"))
    ordinary = more.pop("ordinary", ((), ()))
    states = []
    for version, file, names in zip(versions, (before, after), ordinary, strict=True):
        files = {ROOT: File(type="directory", mode="0755", ordinary=names)}
        states.append(facts(version, files | ({path: file} if file else {}), **more))
    return {
        line.path.removeprefix(f"files/{path}").strip("/"): Files.explain(line, *states)
        for line in diff(*states)
        if line.path.startswith("files/")
    }


def file(mode: str = "0644", **more: Any) -> File:
    return File(type=more.pop("type", "file"), mode=mode, **more)


def link(target: str, package: str, **more: Any) -> File:
    return File(type="link", target=target, leads_to=target, target_package=package, **more)


def test_a_packages_file_changes_with_the_version_of_the_package() -> None:
    was, now = file(package="nginx", sha256="1"), file(package="nginx", sha256="2")
    assert reasons(None, now) == {"": f"belongs to {NGINX}"}
    assert reasons(was, now) == {"sha256": f"belongs to {NGINX}"}
    assert reasons(was, None) == {"": f"belonged to {NGINX}"}
    assert reasons(was, None, versions=("1", "")) == {
        "": "belonged to nginx, which was removed (it was 1)"
    }


def test_a_file_of_a_package_that_did_not_change_is_explained_by_nothing() -> None:
    was, now = file(package="bash", sha256="1"), file(package="bash", sha256="2")
    assert reasons(was, now) == {"sha256": ""}
    assert reasons(was, None) == {"": ""}
    assert reasons(None, now) == {"": ""}


def test_only_a_file_of_ucfs_that_no_one_edited_may_have_another_content() -> None:
    was, now = file(sha256="1", unedited=True), file(sha256="2", unedited=True)
    reason = "is as ucf installed it, before and after: no one edited it"
    assert reasons(was, now) == {"sha256": reason}
    assert reasons(file(sha256="1", edited=True), now) == {"sha256": ""}
    assert reasons(was, file(sha256="2", edited=True)) == {"sha256": ""}
    assert reasons(None, now) == {"": "is as ucf installed it"}
    assert reasons(None, file(sha256="2", edited=True)) == {"": ""}


def test_a_new_copy_of_a_packages_file_follows_from_the_package() -> None:
    assert reasons(None, file(copy_of="nginx")) == {"": f"is a copy of a file of {NGINX}"}
    assert reasons(None, file(copy_of="bash")) == {"": ""}


def test_a_file_of_the_administrators_that_is_gone_or_replaced_is_explained_by_nothing() -> None:
    assert reasons(file(sha256="1"), None, "/etc/cron.d/backup") == {"": ""}
    assert reasons(file(sha256="1"), file(sha256="2"), "/etc/acmed/acmed.conf") == {"sha256": ""}


def test_an_edited_conffile_that_is_replaced_or_set_aside_is_explained_by_nothing() -> None:
    edited = {"/etc/x": Conffile(package="nginx", state="modified")}
    was, now = file(package="nginx", sha256="1"), file(package="nginx", sha256="2")
    assert reasons(was, now, conffiles=edited) == {"sha256": ""}
    assert reasons(was, None, conffiles=edited) == {"": ""}
    by_ucf = was.model_copy(update={"edited": True})
    assert reasons(by_ucf, now) == {"sha256": ""}


@pytest.mark.parametrize(
    ("was", "now", "field"),
    [
        (file("0755", package="nginx"), file("4755", package="nginx"), "mode"),
        (file("0755", package="nginx"), file("2755", package="nginx"), "mode"),
        (file("0600", package="nginx"), file("0644", package="nginx"), "mode"),
        (file("0640", package="nginx"), file("0644", package="nginx"), "mode"),
        (file("0644", package="nginx"), file("0666", package="nginx"), "mode"),
        (file(package="nginx"), file(package="nginx", capabilities="cap_bpf=ep"), "capabilities"),
        (file(package="nginx", capabilities="cap_bpf=ep"), file(package="nginx"), "capabilities"),
        (file(package="nginx"), file(package="nginx", acl="user:9:rw-"), "acl"),
        (file(package="nginx", owner="www-data"), file(package="nginx"), "owner"),
        (file(package="nginx"), file(package="nginx", group="acme"), "group"),
    ],
)
def test_more_rights_and_another_owner_are_explained_by_nothing(
    was: File, now: File, field: str
) -> None:
    assert reasons(was, now) == {field: ""}


def test_fewer_rights_follow_from_the_package() -> None:
    was, now = file("0644", package="nginx"), file("0640", package="nginx")
    assert reasons(was, now, "/var/lib/x") == {"mode": f"belongs to {NGINX}"}


def test_a_program_that_gained_or_lost_its_privileges_is_explained_by_nothing() -> None:
    privileged, path = file("4755", package="nginx"), "/usr/bin/x"
    assert reasons(None, privileged, path, ordinary=((path,), ())) == {"": ""}
    assert reasons(privileged, None, path, ordinary=((), (path,))) == {"": ""}
    assert reasons(privileged, None, path) == {"": f"belonged to {NGINX}"}


def test_a_privileged_program_of_a_new_package_follows_from_it() -> None:
    found = reasons(None, file("4755", package="nginx"), "/usr/bin/x", versions=("", "2"))
    assert found == {"": "belongs to nginx, which was installed in version 2"}


def test_a_program_whose_folder_became_a_link_is_the_same() -> None:
    program = file("4755", package="bash")
    was, now = (facts("1", {path: program}) for path in ("/bin/su", "/usr/bin/su"))
    found = {line.path: Files.explain(line, was, now) for line in diff(was, now)}
    assert found["files//usr/bin/su"] == ("is the same file as /bin/su, whose folder is a link now")


def test_an_alternative_changes_when_its_target_was_removed() -> None:
    was = link("/usr/bin/a1", "nginx", choices=("/usr/bin/a1",))
    now = link("/usr/bin/a2", "nginx", choices=("/usr/bin/a2",))
    assert reasons(was, now) == {"target": f"pointed to a file of {NGINX}"}


def test_an_alternative_that_changes_while_its_target_exists_is_not_explained() -> None:
    was = link("/usr/bin/a1", "nginx", choices=("/usr/bin/a1", "/usr/bin/a2"))
    now = link("/usr/bin/a2", "nginx", choices=("/usr/bin/a1", "/usr/bin/a2"))
    assert reasons(was, now) == {"target": ""}


def test_a_link_that_changes_while_its_target_exists_is_not_explained() -> None:
    names = ("/usr/bin/a1", "/usr/bin/a2")
    was, now = link("/usr/bin/a1", "nginx"), link("/usr/bin/a2", "nginx")
    assert reasons(was, now, "/usr/local/bin/a", ordinary=(names, names)) == {"target": ""}


def test_a_link_to_the_same_place_by_another_name_is_the_same() -> None:
    was, now = link("/lib/systemd/system/x", ""), link("/usr/lib/systemd/system/x", "")
    assert reasons(was, now)["target"].startswith("is the same place by another name")


def test_a_link_may_change_to_the_next_version_of_the_same_file() -> None:
    """`/initrd.img` is such a link: no package owns its target, and the old target still exists."""
    old, new = link("/boot/initrd.img-6.1-amd64", ""), link("/boot/initrd.img-6.12-amd64", "")
    packages = (
        {"image-6.1-amd64": Package(version="1", state="install ok installed")},
        {
            name: Package(version="1", state="install ok installed")
            for name in ("image-6.1-amd64", "image-6.12-amd64")
        },
    )
    states = [
        facts("1", {"/initrd.img": each}, packages=found)
        for each, found in zip((old, new), packages, strict=True)
    ]
    found = {line.path: Files.explain(line, *states) for line in diff(*states)}
    reason = "belongs to image-6.12-amd64, which was installed in version 1"
    assert found["files//initrd.img/target"] == reason
    back = {line.path: Files.explain(line, *states[::-1]) for line in diff(*states[::-1])}
    assert back["files//initrd.img/target"] == ""


def test_an_alternative_of_another_version_stays_a_choice() -> None:
    old = link("/usr/bin/php8.2", "bash", choices=("/usr/bin/php8.2",))
    new = link("/usr/bin/php8.4", "nginx", choices=("/usr/bin/php8.2", "/usr/bin/php8.4"))
    assert reasons(old, new)["target"] == ""


def test_a_link_to_a_packages_file_is_added_and_removed_with_it() -> None:
    assert reasons(None, link("/usr/lib/x", "nginx")) == {"": f"is a link to a file of {NGINX}"}
    assert reasons(link("/usr/lib/x", "nginx"), None) == {"": f"was a link to a file of {NGINX}"}
    there = ("/usr/lib/x",)
    assert reasons(link("/usr/lib/x", "nginx"), None, ordinary=(there, there)) == {"": ""}


def test_a_copy_of_a_packages_file_follows_it() -> None:
    was, now = file(sha256="1", copy_of="nginx"), file(sha256="2", copy_of="nginx")
    assert reasons(was, now) == {"sha256": f"is a copy of a file of {NGINX}"}
    assert reasons(was, file(sha256="3")) == {"sha256": ""}


def test_a_folder_of_data_that_changes_its_owners_is_explained_by_nothing() -> None:
    was = file("0755", type="directory", owners=("acme:acme",), entries=2)
    now = file("0755", type="directory", owners=("root:root",), entries=2)
    assert reasons(was, now, "/var/lib/acmed") == {"owners": ""}


@pytest.mark.parametrize(
    ("path", "was", "now", "explained"),
    [
        ("/var/lib/nginx", "root", "nginx", True),
        ("/var/log/nginx", "root", "_nginx", True),
        ("/var/lib/nginx", "www-data", "nginx", False),
        ("/var/lib/nginx", "root", "www-data", False),
        ("/var/lib/nginx/private", "root", "nginx", False),
        ("/etc/nginx", "root", "nginx", False),
        ("/var/lib/bash", "root", "bash", False),
    ],
)
def test_only_the_folder_of_a_services_data_may_go_from_root_to_its_own_account(
    path: str, was: str, now: str, *, explained: bool
) -> None:
    before, after = (file("0755", type="directory", owner=owner) for owner in (was, now))
    reason = f"is the folder of {NGINX}, and belongs to its account" if explained else ""
    assert reasons(before, after, path) == {"owner": reason}


def folder(entries: int = 2, **more: Any) -> File:
    return file("0755", type="directory", entries=entries, **more)


def test_data_that_is_written_as_before_is_explained() -> None:
    empty, filled = folder(0), folder(owners=("acme:acme",), modes=("file 0600",))
    assert set(reasons(empty, filled).values()) == {"was empty before"}
    tighter = reasons(folder(modes=("file 0644",)), folder(modes=("file 0640",)))
    assert tighter == {"modes": "is written every day; no mode is looser"}


@pytest.mark.parametrize(
    ("was", "now"),
    [("file 0600", "file 0644"), ("file 0644", "file 0666"), ("directory 0700", "directory 0755")],
)
def test_data_that_more_users_may_read_or_write_is_explained_by_nothing(was: str, now: str) -> None:
    assert reasons(folder(modes=(was,)), folder(modes=(was, now))) == {"modes": ""}


def test_a_folder_of_two_packages_follows_from_either() -> None:
    was, now = (file(mode, type="directory", package="bash,nginx") for mode in ("0755", "0750"))
    assert reasons(was, now) == {"mode": f"belongs to {NGINX}"}


def test_what_a_folder_holds_is_not_lost_when_the_folder_is_read_as_a_whole() -> None:
    tree = file("0755", type="directory")
    was = facts("1", {"/srv/a": tree, "/srv/a/1": file()})
    now = facts("1", {"/srv/a": tree.model_copy(update={"entries": 3000})})
    reason = "/srv/a holds so much that it is read as a whole"
    assert [Files.explain(line, was, now) for line in diff(was, now)] == [reason]
    back = "/srv/a held so much that it was read as a whole"
    assert [Files.explain(line, now, was) for line in diff(now, was)] == [back]


def test_a_file_that_the_plan_names_is_shown_once() -> None:
    was, now = file(sha256="1"), file("0600", sha256="2", capabilities="cap_bpf=ep")
    found = reasons(was, now, configs={"/etc/x": Config()})
    assert found["sha256"] == found["mode"]
    assert "section configs" in found["sha256"]
    assert found["capabilities"] == ""


def test_facts_without_the_file_explain_nothing() -> None:
    """The facts that explain changes of the boot may not contain the file."""
    was, now = facts("1", {"/etc/x": file("0600")}), facts("2", {"/etc/x": file("0644")})
    (line,) = (line for line in diff(was, now) if line.path.startswith("files/"))
    assert Files.explain(line, facts("1", {}), facts("2", {})) == ""


@pytest.mark.parametrize(
    "name",
    ["apt.extended_states", "apt.extended_states.0", "dpkg.status.1.gz", "alternatives.tar.0"],
)
def test_added_and_removed_backups_of_the_daily_jobs_are_explained(name: str) -> None:
    why = {"": "is a backup that a daily job of dpkg or apt makes"}
    assert reasons(None, file(), f"/var/backups/{name}") == why
    assert reasons(file("0600"), None, f"/var/backups/{name}") == why


@pytest.mark.parametrize(
    ("name", "made"),
    [("shop.sql.0", file()), ("dpkg.status.0", file("4755")), ("dpkg.status.0", link("/a", ""))],
)
def test_other_files_next_to_them_are_explained_by_nothing(name: str, made: File) -> None:
    assert reasons(None, made, f"/var/backups/{name}") == {"": ""}
