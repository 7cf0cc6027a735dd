"""Read which commands root has in PATH, and which package brings each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.text import clean, rows

# A command is what the first folder of PATH holds under its name. Files of packages are listed
# by the paths with which they were packed, such as /bin/ls for /usr/bin/ls.
_SCRIPT = r"""
[ -x /usr/bin/perl ] || exit 0
/usr/bin/perl - <<'END_OF_PERL'
use strict; use warnings; use Cwd ();
my (%found, %folders, %wanted);
for my $folder (qw(/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin)) {
  my $real = Cwd::realpath($folder) or next;
  next if $folders{$real}++;
  opendir my $handle, $folder or next;
  for my $name (readdir $handle) {
    next if exists $found{$name} || $name =~ /[\t\n]/ || !-f "$folder/$name" || !-x _;
    my $path = "$folder/$name";
    my $program = -l $path ? Cwd::realpath($path) || '' : '';
    $found{$name} = [$path, $program];
    for ($path, $program) { $wanted{$_} = ''; $wanted{$1} = '' if m{^/usr(/.*)} }
  }
}
for my $list (glob '/var/lib/dpkg/info/*.list') {
  my ($package) = $list =~ m{/([^/:]+)(?::[^/]+)?\.list$} or next;
  open my $handle, '<:raw', $list or next;
  local $/; my $all = <$handle>;
  while (defined $all && $all =~ m{^(/.*/s?bin/.+|/s?bin/.+|/(?:usr/)?lib.+)$}mg) {
    $wanted{$1} = $package if exists $wanted{$1};
  }
}
sub owner {
  my ($path) = @_;
  return $wanted{$path} || ($path =~ m{^/usr(/.*)} && $wanted{$1}) || '';
}
for my $name (sort keys %found) {
  my ($path, $program) = @{ $found{$name} };
  my $package = owner($path) || owner($program);
  print "command\t$name\t$path\t$program\t$package\n" if $program !~ /[\t\n]/;
}
END_OF_PERL
exit 0
"""


class Command(Record):
    """One name that root can type."""

    volatile: ClassVar[frozenset[str]] = frozenset({"path", "package"})
    path: str
    program: str = ""
    """What it is a link to in the end, such as the version of an interpreter that is the default
    one, or an alternative; empty for what is no link."""
    package: str = ""
    """Which brings it, or the program; empty: none does."""


class Commands(Probe[Command]):
    """Read the commands; the key is the name. One that came is no difference."""

    section = "commands"
    record: ClassVar[type[Record]] = Command
    on_disk = True
    arrivals = False

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Command]:
        """Return the commands."""
        return {
            cells[1]: Command(path=cells[2], program=cells[3], package=cells[4])
            for cells in rows(clean(output))
            if len(cells) == 5 and cells[0] == "command"  # noqa: PLR2004  # the script's columns
        }

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return which package stopped to bring a command, or brings another program under it.

        Whether anything of the administrator's needs the command is the matter of the section
        ``references``.
        """
        name = line.path.removeprefix("commands/").removesuffix("/program")
        commands = (facts.sections.get(cls.section, {}).get(name) for facts in (before, after))
        packages = (c.package for c in commands if isinstance(c, Command) and c.package)
        return next(filter(None, (_changed(name, before, after) for name in packages)), "")


def _changed(name: str, before: Facts, after: Facts) -> str:
    """Return how a package changed between two states, or "": it did not."""
    was, now = (
        _installed(facts.sections.get(Packages.section, {}), name) for facts in (before, after)
    )
    if was is None and now is not None:
        return f"{name} was installed"
    if was is not None and now is None:
        return f"{name} was removed"
    if was is not None and now is not None and was.version != now.version:
        return f"{name} {was.version} -> {now.version}"
    return ""


def _installed(packages: Mapping[str, Record], name: str) -> Package | None:
    """Return an installed package by its name, of whatever architecture."""
    package = packages.get(name)
    return package if isinstance(package, Package) and package.installed else None
