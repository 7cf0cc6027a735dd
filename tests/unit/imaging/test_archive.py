"""The archive is set by environment or definition; the default is that of the host's apt."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradeproof.errors import PlanError
from upgradeproof.imaging.archive import Archive, Source, choose, sources
from upgradeproof.plan.images import Bootstrap

BOOTSTRAP = Bootstrap(
    suites=("second", "second-updates"),
    security_suites=("second-security",),
    components=("main", "extra"),
    keyring="/k.gpg",
)
PORTS = BOOTSTRAP.model_copy(update={"one_archive": False})
OS_RELEASE = 'NAME="Example"\nID=example\nVERSION_CODENAME="first"\n'
ONE_LINE = """\
# a comment
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/example/ first main
deb http://mirror.example/example first-updates main
deb-src http://source.example/example first main
deb http://safe.example/example-security first-security main
deb http://third.example/tools tools-first main
"""
DEB822 = """\
Types: deb deb-src
# http://old.example/example
URIs: http://mirror.example/example
Suites: first first-updates
Components: main

Enabled: no
Types: deb
URIs: http://off.example/example
Suites: first

Types: deb
URIs: http://safe.example/example-security/
Suites: first-security
Components: main
"""
OF_HOST = Archive(
    main="http://mirror.example/example",
    security="http://safe.example/example-security",
    chosen=False,
)


def host(folder: Path, *, one_line: str = "", deb822: str = "") -> Path:
    """Return the /etc of a host of the family ``example``."""
    (folder / "os-release").write_text(OS_RELEASE)
    parts = folder / "apt" / "sources.list.d"
    parts.mkdir(parents=True)
    (folder / "apt" / "sources.list").write_text(one_line)
    (parts / "example.sources").write_text(deb822)
    return folder


def pick(etc: Path, bootstrap: Bootstrap = BOOTSTRAP, **environ: str) -> Archive | None:
    return choose("example", bootstrap, "amd64", native=True, etc=etc, environ=environ)


def test_one_line_sources_are_read(tmp_path: Path) -> None:
    assert pick(host(tmp_path, one_line=ONE_LINE)) == OF_HOST


def test_deb822_sources_are_read(tmp_path: Path) -> None:
    assert pick(host(tmp_path, deb822=DEB822)) == OF_HOST


def test_sources_keep_apts_order(tmp_path: Path) -> None:
    etc = host(tmp_path, one_line="deb http://a.example/x first main\n", deb822=DEB822)
    assert next(sources(etc / "apt")) == Source("http://a.example/x", "first")


def test_a_host_of_another_family_uses_the_default(tmp_path: Path) -> None:
    etc = host(tmp_path, one_line=ONE_LINE)
    assert choose("other", BOOTSTRAP, "amd64", native=True, etc=etc, environ={}) is None


def test_a_host_without_apt_uses_the_default(tmp_path: Path) -> None:
    assert pick(tmp_path) is None


@pytest.mark.parametrize(
    "uri",
    [
        "http://localhost:3142/mirror.example/example",
        "http://127.0.0.1/example",
        "https://me:secret@mirror.example/example",
        "file:/srv/example",
        "cdrom:[Example]/",
        "mirror+file:/etc/apt/mirrors",
    ],
)
def test_an_address_that_only_this_host_can_use_is_not_used(tmp_path: Path, uri: str) -> None:
    assert pick(host(tmp_path, one_line=f"deb {uri} first main\n")) is None


def test_where_architectures_have_their_own_archives_only_the_native_one_is_used(
    tmp_path: Path,
) -> None:
    etc = host(tmp_path, one_line=ONE_LINE)
    assert choose("example", PORTS, "amd64", native=True, etc=etc, environ={}) == OF_HOST
    assert choose("example", PORTS, "amd64", native=False, etc=etc, environ={}) is None
    assert choose("example", BOOTSTRAP, "amd64", native=False, etc=etc, environ={}) == OF_HOST


def test_the_definition_overrides_the_host(tmp_path: Path) -> None:
    chosen = BOOTSTRAP.model_copy(update={"archive": "http://own.example/x/"})
    assert pick(host(tmp_path, one_line=ONE_LINE), chosen) == Archive(
        main="http://own.example/x", security="http://own.example/x-security", chosen=True
    )


def test_the_environment_overrides_the_definition(tmp_path: Path) -> None:
    chosen = BOOTSTRAP.model_copy(update={"archive": "http://own.example/x/"})
    environ = {"UPGRADEPROOF_ARCHIVE_EXAMPLE": "http://env.example/x http://env.example/safe"}
    assert pick(tmp_path, chosen, **environ) == Archive(
        main="http://env.example/x", security="http://env.example/safe", chosen=True
    )


def test_an_architecture_may_have_an_archive_of_its_own(tmp_path: Path) -> None:
    environ = {
        "UPGRADEPROOF_ARCHIVE_EXAMPLE": "http://env.example/x",
        "UPGRADEPROOF_ARCHIVE_EXAMPLE_ARM64": "http://ports.example/x",
    }
    found = [
        choose("example", PORTS, architecture, native=True, etc=tmp_path, environ=environ)
        for architecture in ("amd64", "arm64")
    ]
    assert [each.main if each else "" for each in found] == [
        "http://env.example/x",
        "http://ports.example/x",
    ]


def test_an_environment_that_names_no_archive_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        pick(tmp_path, UPGRADEPROOF_ARCHIVE_EXAMPLE="mirror.example")
    assert str(caught.value) == (
        "UPGRADEPROOF_ARCHIVE_EXAMPLE names no archive: 'mirror.example'\n"
        "To do: write the archive's URL, or it, a space and the security archive's"
    )


def test_sources_list_has_the_release_its_updates_and_its_security_suite() -> None:
    assert OF_HOST.lines(BOOTSTRAP) == (
        "deb http://mirror.example/example second main extra",
        "deb http://mirror.example/example second-updates main extra",
        "deb http://safe.example/example-security second-security main extra",
    )
