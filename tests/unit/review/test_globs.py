"""Globs match their own paths, and no other paths of the facts."""

from fnmatch import fnmatchcase

import pytest

from tests.unit.review.runs import came, change
from upgradeproof.plan.changes import checked_glob
from upgradeproof.review.globs import Paths, covering, covers_section, escaped, fields_of, record_of

FACTS = Paths.of(
    fields_of(
        {
            "packages": {"libfoo1": {"version": 1, "auto": 1}, "libfoo10": {"version": 1}, "a": {}},
            "services": {"web.service": {"active": 1, "enabled": 1}, "web-log.service": {}},
            "files": {"/etc/web/a": {"mode": 1}, "/etc/web/b": {"mode": 1}, "/etc/webmail": {}},
        }
    )
)
NOTHING = Paths(())


@pytest.mark.parametrize(
    ("paths", "own", "globs"),
    [
        (["packages/new"], [], ("packages/new",)),
        (["journal/unit: [a] ? *"], [], ("journal/unit: [[]a] [?] [*]",)),
        (
            ["services/web.service/active", "services/web.service/enabled"],
            ["services/web.service"],
            ("services/web.service/*",),
        ),
        (["files//etc/web/c/mode", "files//etc/web/d/mode"], [], ("files//etc/web/*/mode",)),
        (["files//srv/web/c", "files//srv/web/d"], [], ("files//srv/web/*",)),
        (["users/ada", "users/bob"], [], ("users/ada", "users/bob")),
        (["packages/libbar-1", "packages/libbar-2"], [], ("packages/libbar-*",)),
    ],
    ids=[
        "one path is its own glob",
        "special characters are escaped",
        "fields of one record",
        "the fields of another record are not matched, so that the glob contains the field",
        "a folder",
        "all of a section is never covered",
        "words with a number",
    ],
)
def test_globs_of_some_paths(paths: list[str], own: list[str], globs: tuple[str, ...]) -> None:
    facts = NOTHING if "mode" in paths[0] else FACTS
    assert covering(paths, facts, own) == globs


def test_a_glob_that_would_match_another_record_is_split() -> None:
    paths = ["services/web-log.service/active", "services/web-tail.service/active"]
    strangers = Paths([("services/web-shop.service/active", "services/web-shop.service")])
    assert covering(paths, strangers) == tuple(paths)
    assert covering(paths, NOTHING) == ("services/web-*.service/active",)


def test_every_path_is_matched_and_never_another_record() -> None:
    paths = [f"files//etc/{a}/{b}/mode" for a in ("x", "y") for b in ("1", "2", "3")]
    stranger = "files//etc/x/4/mode"
    globs = covering(paths, Paths([(stranger, stranger)]))
    assert globs == (
        "files//etc/x/1/mode",
        "files//etc/x/2/mode",
        "files//etc/x/3/mode",
        "files//etc/y/*/mode",
    )
    assert all(any(fnmatchcase(path, glob) for glob in globs) for path in paths)
    assert not any(fnmatchcase(stranger, glob) for glob in globs)


def test_a_path_that_is_a_prefix_of_others_has_its_own_glob() -> None:
    paths = ["services/web", "services/web/active", "services/web/enabled"]
    assert covering(paths, NOTHING) == ("services/web", "services/web/*")


def test_an_explained_change_is_not_matched_by_a_glob_of_its_record() -> None:
    explained = change("services/web.service/active", reason="expected by the plan")
    paths = Paths.of({}, [explained])
    own = ["services/web.service"]
    wanted = ["services/web.service/enabled", "services/web.service/fragment"]
    assert covering(wanted, paths, own) == tuple(wanted)


def test_many_paths_are_grouped() -> None:
    paths = [f"files//etc/d{a}/f{b}/mode" for a in range(100) for b in range(50)]
    strangers = Paths((f"files//etc/d{a}/g/mode", "") for a in range(20_000))
    assert len(covering(paths, strangers)) == 5000


@pytest.mark.parametrize("glob", ["*", "packages/*", "pack*/x", "packages/[!a]*", "/x"])
def test_a_glob_of_a_whole_section_is_recognised(glob: str) -> None:
    assert covers_section(glob)


@pytest.mark.parametrize("glob", ["packages/lib*", "packages/*/version", "files//etc/*"])
def test_a_glob_of_a_part_is_no_whole_section(glob: str) -> None:
    assert not covers_section(glob)


def test_the_record_of_a_change() -> None:
    assert record_of(change("files//etc/x/mode")) == "files//etc/x"
    assert record_of(came("files//etc/x")) == "files//etc/x"
    assert escaped("a/b") == "a/b"
    assert escaped("journal/x: [half *") == "journal/x: [[]half [*]"


@pytest.mark.parametrize(
    "path", ["units/[a", "units/a]", "units/[a]", "units/]a[", "units/[]b", "x/[[*"]
)
def test_an_escaped_path_is_valid_in_a_plan_and_matches_only_itself(path: str) -> None:
    glob = escaped(path)
    assert checked_glob(glob) == glob
    assert fnmatchcase(path, glob)
    assert not fnmatchcase(path.replace("[", "b").replace("]", "b"), glob)
