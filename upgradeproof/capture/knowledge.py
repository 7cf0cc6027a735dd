"""What a twin leaves out, and how derived files are made: data, in ``server.toml``."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from upgradeproof.globs import fits
from upgradeproof.plan.loading import Model, load


class Derived(Model):
    """Files that a program makes from others, and the command that makes one."""

    files: str
    """A glob."""
    command: str
    """A POSIX shell command; ``$file`` is the path without its last suffix."""


class Knowledge(Model):
    """What is known of servers."""

    boot_packages: tuple[str, ...]
    """Globs of packages that only a machine with its own kernel and boot loader has."""
    system_units: tuple[str, ...]
    """Globs of units that every system has."""
    ordinary_units: tuple[str, ...]
    """Globs of units that distributions enable, and that a plan does not name."""
    derived: tuple[Derived, ...] = ()

    def boots(self, package: str) -> bool:
        """Return whether a package is of the kernel, the boot loader or the hardware."""
        return fits(package, self.boot_packages)

    def of_the_system(self, unit: str) -> bool:
        """Return whether every system has a unit."""
        return fits(unit, self.system_units)

    def ordinary(self, unit: str) -> bool:
        """Return whether a plan does not name a unit."""
        return fits(unit, (*self.system_units, *self.ordinary_units))

    def maker(self, path: str) -> str:
        """Return the command that makes a derived file; empty: none is known."""
        return next((each.command for each in self.derived if fnmatchcase(path, each.files)), "")


@cache
def knowledge() -> Knowledge:
    """Return the data of ``server.toml``."""
    return load(Path(__file__).with_name("server.toml"), Knowledge)
