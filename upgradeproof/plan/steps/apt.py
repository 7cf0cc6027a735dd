"""Steps that work with APT: switch the sources, install packages, upgrade all of them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from upgradeproof.plan.steps.base import Script, Step

Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+:=~/_-]*$")]
"""A package as APT takes it; nothing that a shell could read otherwise."""

Suite = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9./_-]*[A-Za-z0-9])?$")]
"""A suite: a word without special characters of ``sed`` and ``grep``, except for points."""

Conffiles = Literal["keep", "replace", "ask"]
"""Whose version of an edited conffile wins; ``ask`` lets dpkg prompt, and so fail unattended."""

_QUIET = "export DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none NEEDRESTART_MODE=a"
_APT = "apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=60 -o Dpkg::Use-Pty=0"
# Without --error-on=any, `apt-get update` exits 0 even when it fetched nothing.
_LISTS = Script(
    title="fetch the package lists",
    script="apt-get -q -o Acquire::Retries=3 update --error-on=any",
    timeout_s=300.0,
    environment="check that the machine can reach the archive of its sources, and run again",
)


class _Apt(Step):
    """What every step that runs dpkg shares."""

    conffiles: Conffiles = "keep"

    _POLICY: ClassVar[Mapping[Conffiles, tuple[str, str]]] = {
        "keep": ("UCF_FORCE_CONFFOLD=1", "confold"),
        "replace": ("UCF_FORCE_CONFFNEW=1", "confnew"),
    }

    def apt(self, *words: str) -> str:
        """Return a script that runs one apt-get command under the policy for conffiles."""
        environment, options = _QUIET, ""
        if policy := self._POLICY.get(self.conffiles):
            environment += f" {policy[0]}"
            options = f" -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-{policy[1]}"
        return f"{environment}\n{_APT}{options} {' '.join(words)}"


class AptSources(Step):
    """Change the machine's APT sources to another release of the distribution.

    Replaces the old suite by the new one, ``-updates`` and ``-security`` with it, in one-line and
    deb822 sources, and fetches the new lists.
    """

    step: Literal["apt-sources"] = "apt-sources"
    old: Suite
    new: Suite

    def writes(self, path: str, folder: Path) -> bool:  # noqa: ARG002  # the protocol's
        """Return whether a path is that of one of APT's sources."""
        return any(fnmatchcase(path, f"/etc/apt/*.{kind}") for kind in ("list", "sources"))

    def actions(self, folder: Path) -> tuple[Script, ...]:  # noqa: ARG002  # the protocol's
        """Return the switch of the sources and the update of the lists."""
        old = self.old.replace(".", r"\.")
        sources = "find /etc/apt -name '*.list' -o -name '*.sources'"
        # The end of the word is no part of the match: the next suite of the line begins with it.
        expression = shlex.quote(rf"s,(^|[[:space:]]){old}\>,\1{self.new},g")
        switch = f"{sources} | xargs -r sed -i -E {expression}"
        check = (
            f"{sources} | xargs grep -qwF {self.new} ||"
            f" {{ echo 'no APT source names {self.old}' >&2; exit 1; }}"
        )
        return (
            Script(
                title=f"switch the APT sources from {self.old} to {self.new}",
                script=f"set -e\n{switch}\n{check}",
                timeout_s=self.timeout_s,
            ),
            _LISTS,
        )


class AptInstall(_Apt):
    """Install packages, or upgrade just these: ``name``, ``name=version`` or ``name/suite``."""

    step: Literal["apt-install"] = "apt-install"
    packages: tuple[Word, ...] = Field(min_length=1)
    recommends: bool = False
    downgrade: bool = False
    """Whether a package may be downgraded, as in a rollback."""
    fetch_lists: bool = True
    """Whether every list is fetched first; after ``apt-repository`` its own has just been read."""

    def actions(self, folder: Path) -> tuple[Script, ...]:  # noqa: ARG002  # the protocol's
        """Return the update of the lists, unless they are not wanted, and one apt-get install."""
        recommends = () if self.recommends else ("--no-install-recommends",)
        downgrade = ("--allow-downgrades",) if self.downgrade else ()
        script = self.apt("install", *recommends, *downgrade, shlex.join(self.packages))
        return (
            *((_LISTS,) if self.fetch_lists else ()),
            Script(
                title=f"install {', '.join(self.packages)}",
                script=f"set -e\n{script}",
                timeout_s=self.timeout_s,
            ),
        )


class AptFullUpgrade(_Apt):
    """Upgrade every package, as ``apt full-upgrade`` does: packages may be added and removed."""

    step: Literal["apt-full-upgrade"] = "apt-full-upgrade"
    timeout_s: float = Field(default=1800.0, gt=0)
    autoremove: bool = False

    def actions(self, folder: Path) -> tuple[Script, ...]:  # noqa: ARG002  # the protocol's
        """Return the full upgrade and, if wanted, the removal of what nothing needs any more."""
        script = self.apt("full-upgrade")
        if self.autoremove:
            script += f"\n{_APT} autoremove"
        return (
            Script(
                title="upgrade every package",
                script=f"set -e\n{script}",
                timeout_s=self.timeout_s,
            ),
        )
