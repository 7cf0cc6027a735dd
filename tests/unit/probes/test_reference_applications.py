"""References in programs of homes, of web sites and of applications."""

from __future__ import annotations

import subprocess
from pathlib import Path

from suites.test_references import sentence
from upgradeproof.probes import ProbeInputs
from upgradeproof.probes.references import References

INTERESTS = ProbeInputs()


def programs(folder: Path, place: str, files: dict[str, str], php: str = "") -> set[str]:
    """Return what is named in files of a folder, which is read instead of a place."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755 if text.startswith("#!") else 0o644)
    script = References.script(INTERESTS).replace("qw(/home /var/www)", f"qw({folder})")
    script = script.replace("m{^/home/}", f"m{{^{place}}}").replace(
        "m{^(/[^/]+/[^/]+)/}", f"m{{^({folder}/[^/]+)/}}"
    )
    script = script.replace("command_path('php')", f"'{php}'")
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, timeout=60, check=True)
    found = References.parse(done.stdout.decode("utf-8", "replace"), INTERESTS)
    return {key.removeprefix(f"{folder}/") for key in found if key.startswith(str(folder))}


PAGE = "<?php\ndate_default_timezone_set('US/Eastern');\necho shell_exec('convert a b');\n"


def test_pages_of_a_web_site_are_read_and_its_libraries_are_not(tmp_path: Path) -> None:
    found = programs(
        tmp_path,
        "/nowhere",
        {
            "html/index.php": PAGE,
            "html/vendor/a/b.php": PAGE,
            "html/.git/x.php": PAGE,
            "html/notes.txt": "US/Central",
            "html/x.cgi": "#!/bin/sh\nls US/Alaska\n",
        },
    )
    assert {"html/index.php: zone US/Eastern", "html/index.php: command convert"} <= found
    assert "html/x.cgi: command ls" in found
    assert {key.partition(":")[0] for key in found} == {"html/index.php", "html/x.cgi"}


def test_only_executable_scripts_of_a_home_are_read(tmp_path: Path) -> None:
    script = "#!/bin/sh\nTZ=US/Pacific date\n"
    found = programs(tmp_path, str(tmp_path), {"me/bin/x": script, "me/index.php": PAGE})
    assert "me/bin/x: zone US/Pacific" in found
    assert {key.partition(":")[0] for key in found} == {"me/bin/x"}


def test_an_application_with_many_programs_is_read_in_part(tmp_path: Path) -> None:
    pages = {f"site/{number}.php": PAGE for number in range(250)}
    found = programs(tmp_path, "/nowhere", {**pages, "other/a.php": PAGE})
    files = {key.partition(":")[0] for key in found}
    assert len(files) == 201
    assert "other/a.php" in files


PHP = """#!/bin/sh
while [ "$1" != -- ]; do shift; done; shift
for name; do case $name in
  count|mysqli_connect|"new PDO") printf '%s\\t1\\tx\\n' "$name" ;;
  *) printf '%s\\t0\\t\\n' "$name" ;;
esac; done
"""
CALLS = """<?php
// each($x)
function own($a) { return count($a) + $this->method($a) + A::fixed($a) + new Thing($a); }
$db = \\mysqli_connect('a'); $pdo = new PDO('b'); while (list($k) = each($x)) { f\\other(1); }
if (function_exists('fast_sum')) { fast_sum(1); }
"""


def test_functions_and_classes_that_php_sources_use_are_asked_of_php(tmp_path: Path) -> None:
    php = tmp_path / "php"
    php.write_text(PHP)
    php.chmod(0o755)
    found = programs(tmp_path, "/nowhere", {"site/a.php": CALLS}, str(php))
    names = {key.partition(": php ")[2] for key in found if ": php " in key}
    assert {"count()", "mysqli_connect()", "each()", "new PDO", "new Thing"} <= names
    assert not names & {"own()", "method()", "fixed()", "other()", "fast_sum()", "thing()"}
    references = programs(tmp_path, "/nowhere", {"site/a.php": CALLS})
    assert not [key for key in references if ": php " in key]


def test_php_answers_what_it_has() -> None:
    line = "reference\tphp\teach()\t/var/www/a.php\t3\t{}\t{}\t\n"
    had = References.parse(line.format(1, "the extension Core"), INTERESTS)
    has = References.parse(line.format(0, ""), INTERESTS)
    assert sentence(*had.values(), *has.values()) == (
        "/var/www/a.php:3 uses each(), which PHP does not have any more (it was the extension Core)"
    )


def modules(folder: Path, ruby: str, python: str) -> dict[str, tuple[bool, str]]:
    """Return which folders of modules resolve, for the versions of the interpreters."""
    interpreter = folder / ruby
    interpreter.touch()
    script = References.script(INTERESTS).replace("/home/*/*'", f"{folder}/*'")
    script = script.replace("command_path('ruby')", f"'{interpreter}'")
    script = script.replace(
        "my $python = default_python();\n  my", f"my $python = '{python}';\n  my"
    )
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, timeout=60, check=True)
    found = References.parse(done.stdout.decode("utf-8", "replace"), INTERESTS)
    return {
        each.name.removeprefix(f"{folder}/"): (each.resolves, each.target)
        for each in found.values()
        if each.kind == "modules" and each.file.startswith(str(folder))
    }


def test_modules_of_an_application_are_for_one_version_of_its_interpreter(tmp_path: Path) -> None:
    for name in (
        *("shop/vendor/bundle/ruby/3.1.0/gems/rack-2", "empty/vendor/bundle/ruby/3.1.0"),
        *("calc/lib", "venv", "frozen"),
    ):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "calc/lib/fast.cpython-311-x86_64-linux-gnu.so").touch()
    (tmp_path / "calc/plain.so").touch()
    for own in ("fast.cpython-311-x86_64-linux-gnu.so", "libpython3.11.so.1.0"):
        (tmp_path / "frozen" / own).touch()
    (tmp_path / "venv/pyvenv.cfg").touch()
    (tmp_path / "venv/fast.cpython-311-x86_64-linux-gnu.so").touch()
    bundle = "shop/vendor/bundle/ruby/3.1.0"
    assert modules(tmp_path, "ruby3.1", "python3.11") == {
        bundle: (True, "ruby3.1"),
        "calc/lib": (True, "python3.11"),
    }
    assert modules(tmp_path, "ruby3.3", "python3.13") == {
        bundle: (False, "ruby3.3"),
        "calc/lib": (False, "python3.13"),
    }
