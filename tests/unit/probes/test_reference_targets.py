"""What a name in an administrator's file means: units, releases, variables and plugins."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from upgradeproof.probes import references as references_module


def function(call: str, name: str = "reference_targets.pl", **replaced: str) -> list[str]:
    """Return the lines that a function of the script prints, with other folders."""
    program = (Path(references_module.__file__).parent / name).read_text()
    for old, new in replaced.items():
        program = program.replace(old.replace("__", "/"), new)
    done = subprocess.run(
        ["/usr/bin/perl", "-", "x"],
        input=f"{program}\nprint map {{ qq($_\\n) }} {call};\n",
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("file", "text", "units"),
    [
        ("/etc/systemd/system/a.service", "Requires=b.service c.socket", ["b.service", "c.socket"]),
        ("/etc/systemd/system/a.service.d/x.conf", "After = net.target", ["net.target"]),
        ("/etc/systemd/system/a.service", "Description=Wants=b.service", []),
        ("/etc/elsewhere.conf", "Requires=b.service", []),
        ("/etc/sudoers.d/a", "a ALL=/usr/bin/systemctl restart b.service, /x", ["b.service"]),
        ("/etc/cron.d/a", "x systemctl reload --no-block b && true", ["b.service"]),
        ("/etc/cron.d/a", "x service --status-all", []),
    ],
)
def test_units_are_named_by_dependencies_and_commands(
    file: str, text: str, units: list[str]
) -> None:
    assert function(f"units_named('{file}', '{text}')") == units


def test_a_unit_is_found_by_its_file_its_template_or_its_init_script(tmp_path: Path) -> None:
    for folder in ("usr/lib/systemd/system", "etc/init.d"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "usr/lib/systemd/system/b@.service").touch()
    (tmp_path / "etc/init.d/old").touch()
    found = [
        function(
            f"unit_path('{name}')", **{"qw(__etc __run": f"qw({tmp_path}/usr/lib {tmp_path}/run"}
        )
        for name in ("b@one.service", "c.service")
    ]
    assert found == [[f"{tmp_path}/usr/lib/systemd/system/b@.service"], [""]]
    script = function("unit_path('old.service')", **{"__etc__init.d": f"{tmp_path}/etc/init.d"})
    assert script == [f"{tmp_path}/etc/init.d/old"]


def test_a_release_in_settings_of_apt_is_one_that_a_source_offers(tmp_path: Path) -> None:
    index = tmp_path / "here_dists_InRelease"
    index.write_text("Suite: stable-x\nCodename: present-x\nMD5Sum:\n")
    text = 'Pin: release n=present-x, a=stable-x; "origin=D,codename=${distro_codename}-x";'
    assert function(f"releases_named('{text} codename=gone-x')") == [
        "present-x",
        "stable-x",
        "gone-x",
    ]
    lists = {"__var__lib__apt__lists": str(tmp_path)}
    answers = function("map(release_offered($_) ? 1 : 0, qw(present-x stable-x gone-x))", **lists)
    assert answers == ["1", "1", "0"]


def readers_of(folder: Path, calls: str) -> list[str]:
    """Return what the script prints of variables, with the system's folders in a folder."""
    replaced = {
        "qw(__etc __run __usr__local__lib __usr__lib __lib)": f"qw({folder}/units)",
        "'__run__": f"'{folder}/run/",
    }
    for place in ("init.d", "cron.*", "network", "ppp", "logrotate.d"):
        replaced[f"__etc__{place}__"] = f"{folder}/{place}/"
    for place in ("sbin", "bin", "local__sbin", "local__bin"):
        replaced[f"__usr__{place}__*"] = f"{folder}/{place.replace('__', '/')}/*"
    return function(calls, name="reference_variables.pl", **replaced)


def test_a_variable_is_read_by_an_init_script_until_there_is_a_unit(tmp_path: Path) -> None:
    (tmp_path / "init.d").mkdir()
    script = tmp_path / "init.d" / "mail"
    script.write_text("#!/bin/sh\n. /etc/default/mail\nmaild $INTERVAL\n")
    ask = "map(variable_reader($_, '/etc/default/mail'), qw(INTERVAL OPTIONS))"
    assert readers_of(tmp_path, ask) == [str(script), ""]
    units = tmp_path / "units/systemd/system"
    units.mkdir(parents=True)
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    unit = units / "mail.service"
    unit.write_text("[Service]\nEnvironmentFile=-/etc/default/mail\nExecStart=/x $OPTIONS\n")
    assert readers_of(tmp_path, ask) == ["", str(unit)]


def test_a_variable_is_read_by_the_script_that_a_unit_starts(tmp_path: Path) -> None:
    units = tmp_path / "units/systemd/system"
    units.mkdir(parents=True)
    helper = tmp_path / "helper"
    helper.write_text("#!/bin/sh\n. /etc/default/${1}\nexec resolver $EXCEPT\n")
    (units / "a.service").write_text(f"[Service]\nExecStartPre=-{helper} resolver\n")
    (units / "other.service").write_text("EnvironmentFile=/etc/default/resolver-x\nX=$ONLY\n")
    ask = "map(variable_reader($_, '/etc/default/resolver'), qw(EXCEPT ONLY))"
    assert readers_of(tmp_path, ask) == [str(units / "a.service"), ""]


def test_only_variables_with_a_value_are_set() -> None:
    lines = ("A_B='5m'", "EMPTY=''", "export OPTS=-x", "lower=1", "NONE=")
    asked = "map(variable_set($_), " + ", ".join(f"q({it})" for it in lines) + ")"
    assert function(asked, name="reference_variables.pl") == ["A_B", "OPTS"]


@pytest.mark.parametrize(("after", "written"), [(True, "1"), (False, "0")])
def test_a_file_that_was_written_while_packages_were_configured_is_theirs(
    tmp_path: Path, after: bool, written: str
) -> None:
    file = tmp_path / "default"
    file.touch()
    log = tmp_path / "var/log"
    log.mkdir(parents=True)
    at = file.stat().st_mtime
    times = [time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at + add)) for add in (-1, 2)]
    lines = [f"{it} status installed mail:all 1\n" for it in (times if after else times[:1])]
    (log / "dpkg.log").write_text("".join(lines))
    replaced = {"__var__log": str(log)}
    assert function(f"written_by_dpkg('{file}')", name="reference_variables.pl", **replaced) == [
        written
    ]


LISTED = (
    "/usr/lib/mail/modules/lib20_squeeze_plugin.so",
    "/usr/lib/x86_64-linux-gnu/files/vfs/mirror.so",
    "/usr/lib/x86_64-linux-gnu/libother.so",
    "/usr/lib/web/mod_limit.so",
)


@pytest.mark.parametrize(
    ("file", "text", "plugins"),
    [
        ("/etc/mail/conf.d/a.conf", "plugins = acl squeeze", ["squeeze"]),
        ("/etc/files/files.conf", "vfs objects = mirror", ["mirror"]),
        ("/etc/web/web.conf", "modules += ( 'mod_limit' )", ["mod_limit"]),
        ("/etc/web.d/x", "limit = 3", ["limit"]),
        ("/etc/mail/a.conf", "path = /var/squeeze and x-squeeze", []),
        ("/etc/elsewhere/a.conf", "squeeze mirror other", []),
    ],
)
def test_a_plugin_is_a_shared_object_of_the_program_that_a_file_configures(
    file: str, text: str, plugins: list[str]
) -> None:
    listed = " ".join(LISTED)
    call = f"do {{ plugin_in($_) for qw({listed}); plugins_named(q({file}), q({text})) }}"
    assert function(call, name="reference_plugins.pl") == plugins


@pytest.mark.parametrize(
    ("folder", "reader"),
    [
        ("/etc/tool/owned.d", "/etc/tool/owned.d"),
        ("/etc/tool/named.d", "FOLDER/lib/program"),
        ("/etc/tool/local/50-old.d", ""),
        ("/etc/other/named.d", ""),
    ],
)
def test_a_folder_of_etc_is_read_if_a_package_brings_it_or_a_program_of_the_package_has_its_name(
    tmp_path: Path, folder: str, reader: str
) -> None:
    """The package is the one that brings the folder above it; no other program is searched."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "program").write_bytes(b"\x7fELF\0/etc/tool/named.d\0")
    (tmp_path / "tool.list").write_text(f"/.\n/etc/tool\n{tmp_path}/lib/program\n")
    call = f"""do {{
        sub lists {{ '{tmp_path}/tool.list' }}
        sub slurp {{ open my $file, '<', $_[0]; local $/; <$file> }}
        folder_reader('{folder}', {{ '/etc/tool/owned.d' => 1 }}) }}"""
    places = {r"m{^(/(?:usr/)?(?:s?bin|lib|libexec)/.+)$}mg": f"m{{^({tmp_path}/lib/.+)$}}mg"}
    found = function(call, name="reference_folders.pl", **places)
    assert found == [reader.replace("FOLDER", str(tmp_path))]


def test_the_folder_of_a_file_is_one_below_that_of_a_program() -> None:
    for file, folder in (("/etc/tool/a.d/x", "/etc/tool/a.d"), ("/etc/tool/x", ""), ("/srv/a", "")):
        assert function(f"folder_in('{file}')", name="reference_folders.pl") == [folder]
