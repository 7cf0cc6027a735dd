"""Options that the administrator's scripts pass to programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from suites.test_references import dangling, sentence
from tests.unit.probes.test_reference_targets import function
from upgradeproof.plan import Expectations
from upgradeproof.probes import Facts
from upgradeproof.probes.files import Files
from upgradeproof.probes.references import Reference, References

SCRIPT = """\
#!/bin/sh
# /usr/bin/dump --comment
dump --all --quick=x \\
  --single-run | pack --best
sudo -u x sync --delete-after a -- --file; list "--quoted" --late
/usr/bin/last --full-times; last --short_x --no-
x=$(fetch --silent http://a | count --lines)
"""
FOUND = [
    *("dump --all 3", "dump --quick 3", "dump --single-run 3", "pack --best 4"),
    *("sync --delete-after 5", "fetch --silent 7", "count --lines 7"),
    "/usr/bin/last --full-times 6",
]


def options(call: str, *before: str) -> list[str]:
    """Return the lines of a call of the script of options, after the scripts that it needs."""
    folder = Path(__file__).parents[3] / "upgradeproof/probes"
    needed = "\n".join((folder / name).read_text() for name in before)
    return function(call, "reference_options.pl", **{"# Options of": f"{needed}\n# Options of"})


def test_the_long_options_of_each_command_are_found(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(SCRIPT)
    slurp = f"do {{ local $/; open my $h, '<', '{script}'; <$h> }}"
    found = "map { qq($_->[0] $_->[1]) } options_in($source, 1, commands($source, 1))"
    call = f"do {{ my $source = {slurp}; {found} }}"
    assert options(call, "shell_commands.pl") == FOUND


@pytest.mark.parametrize(
    ("content", "there"),
    [
        (b"\x7fELF\0no-best\0x", True),
        (b"\x7fELF\0bestow\0", False),
        (b"\x7fELF the best way", False),
        (b"\x7fELF/rustc/ bestworst", True),
        (b"\x7fELF/rustc/ worst", False),
        (b"#!/bin/sh\ncase $1 in --best) ;; esac", True),
        (b"#!/usr/bin/perl\nGetOptions('best=s' => \\$x)", True),
        (b"#!/bin/sh\n# the best way\ncase $1 in --best-of) ;; esac", False),
    ],
)
def test_an_option_is_looked_for_in_the_file_of_the_program(
    tmp_path: Path, content: bytes, there: bool
) -> None:
    program = tmp_path / "pack"
    program.write_bytes(content)
    program.chmod(0o755)
    slurp = "sub slurp { open my $h, '<:raw', $_[0] or return ''; local $/; return <$h> }"
    call = f"do {{ use Cwd (); {slurp} option_of('pack --best', '{tmp_path}') }}"
    found = options(call, "reference_targets.pl")
    assert found == ([str(program)] if there else [""])


def test_a_lost_option_is_named_with_its_line_unless_the_program_is_gone() -> None:
    was = Reference(
        kind="option",
        name="pack --best",
        file="/usr/local/bin/a",
        line=3,
        resolves=True,
        target="/usr/bin/pack",
        package="pack",
    )
    now = was.model_copy(update={"resolves": False, "target": "", "package": ""})
    command = was.model_copy(update={"kind": "command", "name": "pack"})
    keys = (f"{was.file}: option {was.name}", f"{was.file}: command pack")

    def facts(*references: Reference) -> Facts:
        named = dict(zip(keys, references, strict=True))
        return Facts({References.section: named, Files.section: {}})

    before, plan = facts(was, command), Expectations()
    gone = command.model_copy(update={"resolves": False})
    assert set(dangling(before, facts(now, command), plan)) == {keys[0]}
    assert set(dangling(before, facts(now, gone), plan)) == {keys[1]}
    assert sentence(was, now) == (
        "/usr/local/bin/a:3 calls pack --best, an option that the program does not have any more"
        " (it was /usr/bin/pack of pack)"
    )
