"""The command line of ``mmdebstrap``, and the meaning of its output: pure functions."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from upgradeproof.command import Completed
from upgradeproof.errors import ImageError
from upgradeproof.imaging.request import Request
from upgradeproof.plan.images import Architecture, Bootstrap

SILENCE_S = 10
"""How long apt waits for a silent archive. It tries each suite twice: three suites take 60 s."""
ROOT = "root.tar"
APT_OPTIONS = "apt.conf"
NO_KEYS = "no-keys"

LINE = 300
"""Characters of a line that are shown: mmdebstrap names every package of a call that failed."""

_LINKS: dict[Architecture, str] = {"amd64": "bin sbin lib lib64", "arm64": "bin sbin lib"}
"""What debootstrap lays as links into /usr, by architecture."""
_NO_USRMERGE = "/etc/apt/preferences.d/no-usrmerge"
"""There is nothing left to merge: apt is to take the empty usr-is-merged, where a package wants one
of the two, and not all of perl."""
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
_FULL = "No space left on device"
_NOISE = (
    "I: ",
    "E: Some index files failed",
    "E: apt-get update --error-on",
    "E: mmdebstrap failed",
)
"""Lines that are part of every failure and explain none."""
_REASON = re.compile(r"E: |dpkg[a-z-]*: error|.*No space left on device")
"""Lines with a cause: those of apt and mmdebstrap, and those of dpkg and its tools."""
_UNSIGNED = re.compile(
    r"NO_PUBKEY|is not signed|GPG error|signatures? (?:were|was) invalid|EXPKEYSIG"
)


def argv(
    request: Request, scratch: Path, *, as_root: bool, hooks: tuple[str, ...] = ()
) -> tuple[str, ...]:
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
        *((f"--include={','.join(request.packages)}",) if request.packages else ()),
        *(f"--setup-hook={hook}" for hook in setup_hooks(bootstrap, request.architecture)),
        *(f"--customize-hook={hook}" for hook in customize_hooks(bootstrap)),
        *hooks,
        request.image.codename,
        str(scratch / ROOT),
        *((sources,) if sources else ()),
    )


def setup_hooks(bootstrap: Bootstrap, architecture: Architecture) -> tuple[str, ...]:
    """Return what is done before the first package is unpacked."""
    if not bootstrap.merged_usr:
        return ()
    link = 'mkdir -p "$1/usr/$d" && ln -s "usr/$d" "$1/$d" || exit 1'
    return (
        f"for d in {_LINKS[architecture]}; do {link}; done",
        f"printf 'Package: usrmerge\\nPin: release *\\nPin-Priority: -1\\n' >\"$1{_NO_USRMERGE}\"",
    )


def overlay_hooks() -> tuple[str, str]:
    """Return the options that put this host's programs into a root while it is emulated.

    The scripts are in the command itself: without root, mmdebstrap's users can't enter a private
    home folder.
    """
    overlay, removal = (
        files("upgradeproof.imaging").joinpath(name).read_text("utf-8")
        for name in ("overlay-programs.sh", "remove-overlay.sh")
    )
    return f"--extract-hook={overlay}", f"--customize-hook={removal}"


def customize_hooks(bootstrap: Bootstrap) -> tuple[str, ...]:
    """Return what is done at the end: nothing of this host stays, and init must be there.

    mmdebstrap copies this host's name and resolver, and keeps its apt options as 99mmdebstrap: a
    proxy of this host would break apt inside the machine.
    """
    return (
        'chroot "$1" test -x /sbin/init',
        'rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap" "$1/etc/hostname" "$1/etc/resolv.conf"',
        *((f'rm "$1{_NO_USRMERGE}"',) if bootstrap.merged_usr else ()),
    )


def apt_options(dump: str) -> str:
    """Return apt's options for the bootstrap from what ``apt-config dump`` prints on this host.

    Its proxies and certificates are needed to reach an archive from here; they are in a file
    and not on the command line, because a proxy's URL may hold a password.
    """
    own = [
        line
        for line in dump.splitlines()
        if re.match(r"Acquire::https?::\S", line)
        and not line.endswith('"";')
        and not re.match(r"Acquire::https?::Timeout ", line)
    ]
    limits = [f'Acquire::{kind}::Timeout "{SILENCE_S}";' for kind in ("http", "https")]
    return "\n".join([*own, *limits, 'Acquire::Retries "0";', ""])


def explain(done: Completed) -> ImageError:
    """Return the error for a bootstrap that failed, with apt's own words and what to do."""
    output = (done.stderr + done.stdout).decode("utf-8", "replace")
    lines = [line for line in dict.fromkeys(output.splitlines()) if not line.startswith(_NOISE)]
    reasons = [line for line in lines if _REASON.match(line)]
    details = "\n".join(line[:LINE] for line in reasons[:6] or lines[-6:])
    if _FULL in output:
        return ImageError(
            "the disk is full",
            details=details,
            resolution="free disk space; an image needs about 1.5 GB",
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
