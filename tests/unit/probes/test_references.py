"""References in files of an administrator, which the script reads from real text."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.unit.probes.captured_text import captured
from upgradeproof.probes import Difference, Facts, ProbeInputs, diff
from upgradeproof.probes.references import Reference, References

INTERESTS = ProbeInputs()


def references(folder: Path, **files: str) -> dict[str, Reference]:
    """Return what the script finds in files of a folder, read as if it were ``/srv``."""
    for name, text in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    script = References.script(INTERESTS).replace("/root/bin /opt /srv)", f"{folder})")
    script = script.replace("proc|sys|dev|tmp", "proc|sys|dev")
    done = subprocess.run(
        ["/bin/sh", "-c", f"export LC_ALL=C; {script}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")
    found = References.parse(done.stdout.decode("utf-8", "replace"), INTERESTS)
    return {key: it for key, it in found.items() if it.file.startswith(str(folder))}


def commands(folder: Path, *scripts: str) -> list[list[tuple[int, str]]]:
    """Return lines and names of the commands in each shell script, in order."""
    texts = {f"script{index}": f"#!/bin/sh\n{text}" for index, text in enumerate(scripts)}
    found = [it for it in references(folder, **texts).values() if it.kind == "command"]
    return [
        sorted((it.line, it.name) for it in found if it.file == f"{folder}/{name}")
        for name in texts
    ]


def test_the_references_of_a_real_machine_are_read() -> None:
    found = References.parse(captured("references"), INTERESTS)
    assert found["/etc/cron.daily/dbcare: command mysqlshow"] == Reference(
        kind="command",
        name="mysqlshow",
        file="/etc/cron.daily/dbcare",
        line=3,
        resolves=True,
        target="/usr/bin/mysqlshow",
        package="mariadb-client",
    )
    assert found["/etc/nginx/conf.d/p.conf: socket /run/php/php8.2-fpm.sock"].resolves
    assert not found["/etc/cron.daily/dbcare: path /backup"].resolves


SCRIPTS: tuple[tuple[str, list[str]], ...] = (
    ("ls -l grep", ["ls"]),
    ("A=1 B='x y' ls", ["ls"]),
    ("if ls; then grep x; else awk; fi", ["ls", "grep", "awk"]),
    ("ls | grep x && awk y || sed z; sort &", ["ls", "grep", "awk", "sed", "sort"]),
    ("for d in ls grep; do awk; done", ["awk"]),
    ("case $1 in ls) grep;; *) awk;; esac", ["grep", "awk"]),
    ('x="$(ls | grep a)" awk', ["ls", "grep", "awk"]),
    ("x=`ls` grep", ["ls", "grep"]),
    ('awk "a $(ls) grep" sed', ["awk", "ls"]),
    ("awk '{ ls; grep }' \"sed; sort\"", ["awk"]),
    ("sudo -u root nice -n 10 timeout 5s ls", ["sudo", "nice", "timeout", "ls"]),
    ("find . | xargs -0 -r -n 1 ls", ["find", "xargs", "ls"]),
    ("# ls\n: # grep", []),
    ("cat <<'END' >/dev/null\nls\n$(grep)\nEND\nawk", ["cat", "awk"]),
    ("own() { ls; }\nown", ["ls"]),
    ("ls >/tmp/x 2>&1 </dev/null; >grep awk", ["ls", "awk"]),
    ("echo $((1 + 2)) ls; ${X:-grep} awk", []),
    ("command -v ls >/dev/null", ["command", "ls"]),
)


def test_words_in_command_position_are_commands(tmp_path: Path) -> None:
    found = commands(tmp_path, *(script for script, _ in SCRIPTS))
    for (script, names), lines in zip(SCRIPTS, found, strict=True):
        assert sorted(name for _, name in lines) == sorted(names), script


def test_a_command_is_named_with_its_line(tmp_path: Path) -> None:
    script = "x='a\nb'\ncat <<E\nc\nE\nls\\\n -l\ngrep"
    assert commands(tmp_path, script) == [[(4, "cat"), (7, "ls"), (9, "grep")]]


def test_paths_zones_and_users_are_found_in_settings(tmp_path: Path) -> None:
    there = tmp_path / "there.d"
    there.mkdir()
    text = (
        f"include {there}/*.conf;\nroot={there};\n# {tmp_path}/comment\nurl=http://host/etc/x\n"
        f'file "{tmp_path}/gone";\nTZ=Europe/Berlin\nuser = root\nuser nosuchuser;\n'
        "log /var/log/x\nlisten unix:/run/nothing/x.sock\n"
    )
    found = references(tmp_path, settings__conf=text)
    shown = {(it.line, it.kind, it.name, it.resolves) for it in found.values()}
    zone = Path("/usr/share/zoneinfo/Europe/Berlin").exists()
    assert shown == {
        (1, "path", str(there), True),
        (5, "path", f"{tmp_path}/gone", False),
        (6, "zone", "Europe/Berlin", zone),
        (7, "user", "root", True),
        (8, "user", "nosuchuser", False),
        (10, "socket", "/run/nothing/x.sock", False),
    }


def test_a_secret_that_looks_like_a_path_is_not_read(tmp_path: Path) -> None:
    found = references(tmp_path, settings__conf="db_password = /srv/aB3/x+Q\ntoken: /srv/q\n")
    assert found == {}


def test_a_link_resolves_where_it_leads_to_something(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "good").symlink_to("there")
    (tmp_path / "bad").symlink_to("../nowhere")
    found = references(tmp_path)
    assert {(it.file, it.name): it.resolves for it in found.values()} == {
        (f"{tmp_path}/good", "there"): True,
        (f"{tmp_path}/bad", "../nowhere"): False,
    }


def test_programs_given_to_calls_of_other_languages_are_commands(tmp_path: Path) -> None:
    found = references(
        tmp_path,
        one="#!/usr/bin/php\n<?php exec('ls -l'); $x['sort'] = row['awk'];\n",
        two="#!/usr/bin/perl\nsystem('grep', $x);\nmy %h = (\"sed\" => 1);\n",
        three__py="subprocess.run(['cat', x])\nsubprocess.run(\n  [\"find\", x])\nrow['tail']\n",
    )
    names = {it.name for it in found.values() if it.kind == "command"}
    assert names == {"ls", "grep", "cat", "find"}


def test_modules_are_resolved_by_the_interpreter_that_runs_the_script(tmp_path: Path) -> None:
    (tmp_path / "ours.py").write_text("x = 1\n")
    python = Path("/usr/bin/python3")
    if not python.exists():
        pytest.skip("this host has no python3")
    found = references(
        tmp_path,
        run="#!/usr/bin/python3\nimport os, nosuchmodule\nfrom ours import x\n"
        "try:\n    import optional\nexcept ImportError:\n    pass\nfrom json import loads\n",
        use="#!/usr/bin/perl\nuse strict;\nuse File::Nowhere;\nuse Cwd ();\n",
    )
    modules = {(it.name, it.resolves) for it in found.values() if it.kind in ("python", "perl")}
    assert modules == {
        ("os", True),
        ("nosuchmodule", False),
        ("json", True),
        ("File::Nowhere", False),
        ("Cwd", True),
    }


def test_a_virtual_environment_resolves_for_the_version_of_its_python(tmp_path: Path) -> None:
    real = tmp_path / "python3.42"
    real.touch()
    for name, version in (("good", "3.42"), ("bad", "3.41")):
        (tmp_path / name / "bin").mkdir(parents=True)
        (tmp_path / name / "pyvenv.cfg").touch()
        (tmp_path / name / "bin" / "python3").symlink_to(real)
        modules = tmp_path / name / "lib" / f"python{version}" / "site-packages"
        modules.mkdir(parents=True)
        (modules / "core.py").touch()
    found = {Path(it.name).name: it for it in references(tmp_path).values()}
    assert {name: (it.resolves, it.target) for name, it in found.items()} == {
        "good": (True, "python3.42"),
        "bad": (False, "python3.42"),
    }


def test_invalid_bytes_fifos_and_binaries_cause_no_error(tmp_path: Path) -> None:
    (tmp_path / b"\xff\xfe.sh".decode("utf-8", "surrogateescape")).write_text("#!/bin/sh\nls\n")
    (tmp_path / "new\nline.sh").write_text("#!/bin/sh\nls\n")
    subprocess.run(["mkfifo", str(tmp_path / "pipe.sh")], check=True)
    (tmp_path / "loop.sh").symlink_to(tmp_path / "loop.sh")
    found = references(
        tmp_path,
        torn="#!/bin/sh\n\"$( ` ' <<E",
        binary="#!/bin/sh\n\0\0/etc/passwd",
        noise="#!/bin/sh\n\udcff\udc80 $(/etc/passwd \udcff",
    )
    assert {it.kind for it in found.values()} <= {"command", "interpreter", "path", "link"}
    assert not any("binary" in it.file or "pipe" in it.file for it in found.values())


def test_only_a_reference_that_no_longer_resolves_is_a_difference() -> None:
    def facts(**resolves: bool) -> Facts:
        records = {
            name: Reference(kind="command", name=name, file="/f", line=3, resolves=there)
            for name, there in resolves.items()
        }
        return Facts({"references": records})

    before, after = facts(gone=True, came=False, went=True), facts(gone=False, came=True, new=True)
    lines = diff(before, after)
    assert lines == (
        Difference(path="references/came/resolves", before="false", after="true"),
        Difference(path="references/gone/resolves", before="true", after="false"),
    )
    explained = [References.explain(line, before, after) for line in lines]
    assert explained == ["what the file names is there now", ""]


def test_an_unread_file_is_a_fact() -> None:
    found = References.parse("read\t2000\ncut\ttoo many\n", INTERESTS)
    assert found["unread"].name == "not all files: too many"


def test_a_command_is_searched_in_the_folders_of_its_own_path(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "collectfigures").write_bytes(b"")
    (own / "collectfigures").chmod(0o755)
    found = references(
        tmp_path,
        job=f"#!/bin/sh\nPATH={own}:/usr/bin\ncommand -v collectfigures && collectfigures\n",
        bare="#!/bin/sh\ncollectfigures\n",
    )
    asked = {Path(it.file).name: it for it in found.values() if it.name == "collectfigures"}
    assert (asked["job"].resolves, asked["job"].target) == (True, f"{own}/collectfigures")
    assert not asked["bare"].resolves


def test_units_are_named_by_what_reloads_them(tmp_path: Path) -> None:
    found = references(
        tmp_path,
        rotate="#!/bin/sh\nsystemctl -q try-restart nosuchunit other@one.service $x\n"
        "service thirdunit force-reload\ninvoke-rc.d fourthunit rotate\necho service is fine\n",
    )
    assert {(it.line, it.name, it.resolves) for it in found.values() if it.kind == "unit"} == {
        (2, "nosuchunit.service", False),
        (2, "other@one.service", False),
        (3, "thirdunit.service", False),
        (4, "fourthunit.service", False),
    }
