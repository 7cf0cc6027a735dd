"""A bootstrap from the distribution's archive with ``mmdebstrap``, signatures checked."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from upgradeproof.command import Completed, run
from upgradeproof.errors import ImageError
from upgradeproof.imaging import emulation
from upgradeproof.imaging.request import Request
from upgradeproof.imaging.store import Store
from upgradeproof.plan.images import Architecture, Bootstrap

BUILD_TIMEOUT_S = 1800.0
"""Limit of one bootstrap. Measured: 26-32 s native, 334 s for arm64 under qemu-user."""
SILENCE_S = 10
"""How long apt waits for a silent archive. It tries each suite twice: three suites take 60 s."""
ROOT = "root.tar"
APT_OPTIONS = "apt.conf"
NO_KEYS = "no-keys"

_LINKS: dict[Architecture, str] = {"amd64": "bin sbin lib lib64", "arm64": "bin sbin lib"}
"""What debootstrap lays as links into /usr, by architecture."""
_APART = (
    "setpriv", "--pdeathsig", "KILL",
    "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
)  # fmt: skip
"""Before a root's bootstrap: it ends when we are killed, and leaves no process behind and no mount
of /proc or /dev in a folder that is then removed."""
_UNREACHABLE = re.compile(
    r"Could not resolve|Temporary failure resolving|[Cc]ould not connect|Unable to connect|"
    r"Connection failed|Connection timed out|Network is unreachable|Cannot initiate the connection|"
    r"No route to host|Failed to fetch|does not have a Release file"
)
_NOISE = ("E: Some index files failed", "E: apt-get update --error-on", "E: mmdebstrap failed")
"""What follows every failure and explains none."""
_UNSIGNED = re.compile(
    r"NO_PUBKEY|is not signed|GPG error|signatures? (?:were|was) invalid|EXPKEYSIG"
)


def argv(request: Request, scratch: Path, *, as_root: bool) -> tuple[str, ...]:
    """Return the command line that makes the root file system of an image.

    The keyring is given twice: the file replaces apt's trusted.gpg, and an empty folder apt's
    trusted.gpg.d. With the file alone mmdebstrap 1.3 would go on to trust every key of this host.
    """
    bootstrap = request.image.bootstrap
    sources = "\n".join(request.archive.lines(bootstrap)) if request.archive else ""
    return (
        *(_APART if as_root else ()),
        "mmdebstrap",
        "--variant=minbase",
        f"--architectures={request.architecture}",
        f"--components={','.join(bootstrap.components)}",
        f"--keyring={bootstrap.keyring}",
        f"--keyring={scratch / NO_KEYS}",
        f"--aptopt={scratch / APT_OPTIONS}",
        *((f"--include={','.join(bootstrap.packages)}",) if bootstrap.packages else ()),
        *(f"--setup-hook={hook}" for hook in setup_hooks(bootstrap, request.architecture)),
        *(f"--customize-hook={hook}" for hook in customize_hooks()),
        request.image.codename,
        str(scratch / ROOT),
        *((sources,) if sources else ()),
    )


def setup_hooks(bootstrap: Bootstrap, architecture: Architecture) -> tuple[str, ...]:
    """Return what is done before the first package is unpacked."""
    if not bootstrap.merged_usr:
        return ()
    link = 'mkdir -p "$1/usr/$d" && ln -s "usr/$d" "$1/$d" || exit 1'
    return (f"for d in {_LINKS[architecture]}; do {link}; done",)


def customize_hooks() -> tuple[str, ...]:
    """Return what is done at the end: nothing of this host stays, and init must be there.

    mmdebstrap copies this host's name and resolver, and keeps its apt options as 99mmdebstrap: a
    proxy of this host would break apt inside the machine.
    """
    return (
        'chroot "$1" test -x /sbin/init',
        'rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap" "$1/etc/hostname" "$1/etc/resolv.conf"',
    )


def apt_options(dump: str) -> str:
    """Return apt's options for the bootstrap from what ``apt-config dump`` says of this host.

    Its proxies and certificates are needed to reach an archive from here; they stand in a file
    and not on the command line, because a proxy's URL may hold a password.
    """
    kept = [
        line
        for line in dump.splitlines()
        if re.match(r"Acquire::https?::\S", line)
        and not line.endswith('"";')
        and not re.match(r"Acquire::https?::Timeout ", line)
    ]
    limits = [f'Acquire::{kind}::Timeout "{SILENCE_S}";' for kind in ("http", "https")]
    return "\n".join([*kept, *limits, 'Acquire::Retries "0";', ""])


def explain(done: Completed) -> ImageError:
    """Return the error for a bootstrap that failed, with apt's own words and what to do."""
    output = (done.stderr + done.stdout).decode("utf-8", "replace")
    errors = (line for line in output.splitlines() if line.startswith("E: "))
    lines = [line for line in dict.fromkeys(errors) if not line.startswith(_NOISE)]
    details = "\n".join(lines[:6]) or done.tail
    if "No space left on device" in output:
        return ImageError(
            "the disk is full", details=details, resolution="make room; an image needs about 2 GB"
        )
    if _UNSIGNED.search(output):
        return ImageError(
            "the archive's signature is not one of the distribution's keyring",
            details=details,
            resolution="update the keyring's package, or name the right keyring in the image",
        )
    if _UNREACHABLE.search(output):
        return ImageError(
            "the archive can't be reached, or lacks this release",
            details=details,
            resolution="check the network; or name an archive that this host reaches in "
            "UPGRADEPROOF_ARCHIVE_<FAMILY>, or as `archive` in the image",
        )
    return ImageError(f"mmdebstrap failed with exit status {done.exit_status}", details=details)


@dataclass(frozen=True)
class BootstrapSource:
    """Make images with the ``mmdebstrap`` of this host."""

    name: str = "bootstrap"
    order: int = 20

    def obstacle(self, request: Request) -> ImageError | None:
        """Return what this host lacks: mmdebstrap, the keyring, or emulation."""
        if missing := _missing_programs(request):
            return ImageError(
                f"{missing[0]} is not installed",
                resolution=f"`make setup` installs it; by hand: apt install {' '.join(missing)}",
            )
        keyring = request.image.bootstrap.keyring
        if not Path(keyring).is_file():
            return ImageError(
                f"there is no keyring {keyring}: signatures can't be checked",
                resolution=f"install {request.image.family}'s archive keyring package, or copy "
                f"that file from a trusted {request.image.family} machine",
            )
        return emulation.obstacle(request.architecture)

    def build(self, request: Request, store: Store, scratch: Path) -> None:
        """Bootstrap into a tar file and hand it to the store."""
        (scratch / APT_OPTIONS).write_text(apt_options(_host_options()), encoding="utf-8")
        (scratch / NO_KEYS).mkdir()
        as_root = os.geteuid() == 0
        # Only root may be sent to our cache: without it mmdebstrap works in a user namespace,
        # whose users can't enter a private home folder.
        where = {"TMPDIR": str(scratch)} if as_root else {}
        done = run(
            argv(request, scratch, as_root=as_root),
            timeout_s=BUILD_TIMEOUT_S,
            env={"LC_ALL": "C.UTF-8", **where},
            check=False,
        )
        if not done.ok:
            raise explain(done)
        store.load(request, scratch / ROOT, scratch)


def _missing_programs(request: Request) -> Sequence[str]:
    """Return the packages that this host lacks; each is named as its program is."""
    needed = ["mmdebstrap"]
    if not emulation.native(request.architecture):
        needed.append("arch-test")
    return [name for name in needed if shutil.which(name) is None]


def _host_options() -> str:
    done = run(
        ["apt-config", "dump", *shlex.split("Acquire::http Acquire::https")],
        timeout_s=10,
        check=False,
    )
    return done.text if done.ok else ""


SOURCE = BootstrapSource()
