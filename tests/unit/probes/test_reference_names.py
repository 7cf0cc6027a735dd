"""Names of the standard libraries of Python and Ruby that an administrator's sources use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from suites.test_references import sentence
from upgradeproof.probes import ProbeInputs
from upgradeproof.probes.references import Reference, References

INTERESTS = ProbeInputs()
PYTHON = """#!{python}
import locale as place, os.path, json
from configparser import (ConfigParser, NeverThere)
import settings
place.format_string("%d", 1); place.never("%d", 1)
os.path.join("a"); os.environ.get("b"); json.decoder; self.json.nothing; json.own = 1
# json.comment
settings.value
try:
    json.tried
except AttributeError:
    pass
"""
RUBY_SOURCE = """#!/usr/bin/ruby
require 'erb'
# Gone.comment
puts File.exists?('/srv/a') ? "Gone.string" : File.read(__FILE__)
x.untaint.strip
Old if respond_to?(:tested)
x.tested
Old.new.value = 1
"""
RUBY = """#!/bin/sh
while [ "$1" != -- ]; do shift; done; shift
for name; do case $name in
  require:*) echo "$name" >>"$0.required" ;;
  File|File.read|.strip) printf '%s\\t1\\n' "$name" ;;
  *) printf '%s\\t0\\n' "$name" ;;
esac; done
"""


def names(folder: Path, kind: str, source: str, ruby: str = "") -> dict[str, bool]:
    """Return the names of a kind in one source, and whether they are there."""
    site = folder / "site"
    site.mkdir(exist_ok=True)
    (site / "a").write_text(source, encoding="utf-8")
    script = References.script(INTERESTS).replace("qw(/home /var/www)", f"qw({folder})")
    script = script.replace("m{^(/[^/]+/[^/]+)/}", f"m{{^({folder}/[^/]+)/}}")
    script = script.replace("command_path('ruby')", f"'{ruby}'")
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, timeout=60, check=True)
    found = References.parse(done.stdout.decode("utf-8", "replace"), INTERESTS)
    return {
        each.name: each.resolves
        for each in found.values()
        if each.kind == kind and each.file == f"{site}/a"
    }


def test_names_of_pythons_library_are_asked_of_the_scripts_python(tmp_path: Path) -> None:
    source = PYTHON.format(python=sys.executable)
    assert names(tmp_path, "attribute", source) == {
        "configparser.ConfigParser": True,
        "configparser.NeverThere": False,
        "json.decoder": True,
        "locale.format_string": True,
        "locale.never": False,
        "os.environ.get": True,
        "os.path.join": True,
    }
    assert names(tmp_path, "python", source) == {
        "configparser": True,
        "json": True,
        "locale": True,
        "os": True,
        "settings": False,
    }


def test_a_program_that_asks_for_the_version_is_prepared(tmp_path: Path) -> None:
    source = f"#!{sys.executable}\nimport sys\nif sys.version_info > (3, 12):\n    sys.never()\n"
    assert names(tmp_path, "attribute", source) == {}
    assert names(tmp_path, "python", source) == {"sys": True}


def test_constants_and_methods_are_asked_of_ruby(tmp_path: Path) -> None:
    ruby = tmp_path / "ruby"
    ruby.write_text(RUBY)
    ruby.chmod(0o755)
    assert names(tmp_path, "ruby", RUBY_SOURCE, str(ruby)) == {
        ".strip": True,
        ".untaint": False,
        "File": True,
        "File.exists?": False,
        "File.read": True,
        "Old": False,
        "Old.new": False,
    }
    assert (tmp_path / "ruby.required").read_text().split() == ["require:erb"]


def test_a_lost_name_is_reported_with_its_line() -> None:
    had = Reference(kind="ruby", name="File.exists?", file="/opt/a.rb", line=4, resolves=True)
    has = had.model_copy(update={"resolves": False})
    assert sentence(had, has) == "/opt/a.rb:4 uses File.exists?, which Ruby does not have any more"
    was = had.model_copy(update={"kind": "attribute", "name": "locale.format"})
    now = was.model_copy(update={"resolves": False})
    assert sentence(was, now) == (
        "/opt/a.rb:4 uses locale.format, which its Python does not have any more"
    )


SETTINGS = """# command = comment
UserItem=count,lastx -n 50 | grep -c pts
extend logins /bin/sh -c "lastb -n 5 | wc -l"
command[logins]=shown -n 5
  post-up mii -x
PostUp = tables -A x
Post-Invoke {"key list";};
  commands = ["polled -n 5"]
exec = "/usr/bin/whole -x"
onCommand=ran -n
pattern = ^error | failed$
the last word | of a sentence
description = what it runs
"""


def test_commands_in_settings_of_any_program_are_read(tmp_path: Path) -> None:
    (tmp_path / "agent.conf").write_text(SETTINGS, encoding="utf-8")
    script = References.script(INTERESTS).replace("/root/bin /opt /srv)", f"{tmp_path})")
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, timeout=60, check=True)
    found = References.parse(done.stdout.decode("utf-8", "replace"), INTERESTS)
    named = {
        (each.line, each.name)
        for each in found.values()
        if each.kind == "command" and each.file == f"{tmp_path}/agent.conf"
    }
    assert named == {
        *{(2, "lastx"), (3, "lastb"), (3, "wc"), (4, "shown"), (5, "mii")},
        *{(6, "tables"), (7, "key"), (8, "polled"), (10, "ran")},
    }
