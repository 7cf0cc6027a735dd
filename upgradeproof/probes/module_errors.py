"""What messages of the kernel and modprobe about a module mean, and what fixes it."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Advice:
    """Why a module does not work, and what to do about it."""

    reason: str
    remedy: str

    def __str__(self) -> str:
        """Return both on one line."""
        return f"{self.reason}; to do: {self.remedy}"


_TABLE = (
    (
        r"disagrees about version of symbol|no symbol version for",
        "it was built against another kernel's symbols",
        "install the headers of this kernel and rebuild the module with DKMS",
    ),
    (
        r"unknown symbol",
        (
            "a symbol that it needs is not there: the module that exports it is not loaded, or this"
            " kernel does not export it any more"
        ),
        (
            "load what it depends on first (depmod, then modprobe instead of insmod); if the symbol"
            " is gone, take a version of the module for this kernel, or roll back the kernel"
        ),
    ),
    (
        (
            r"key was rejected|required key not available|verification failed|loading of .*rejected"
            r"|unsigned module"
        ),
        "it carries no signature that the kernel trusts",
        "sign it with an enrolled key (mokutil), or load the signed module of the distribution",
    ),
    (
        r"lockdown|operation not permitted",
        "the kernel is locked down, or refuses to load modules any more",
        "see /sys/kernel/security/lockdown and the sysctl kernel.modules_disabled",
    ),
    (
        # The last is what Linux 6.12 prints before it even compares symbols.
        r"invalid module format|exec format error|version magic|section size must match",
        "it was built for another kernel or architecture, or its file is damaged",
        (
            "install the headers of this kernel and rebuild the module with DKMS, or reinstall the"
            " kernel's package; else roll back the kernel"
        ),
    ),
    (
        r"module (?:alias )?\S+ not found|could not find module|no such file or directory",
        (
            "this kernel has no such module: it is renamed, split off into another package, or was"
            " never built for it"
        ),
        (
            "install the package that brings it for this kernel, rebuild it with DKMS, run depmod,"
            " or roll back the kernel"
        ),
    ),
    (
        r"direct firmware load|failed to load firmware|firmware: failed",
        "its firmware is not there",
        "install the package of the firmware, then load the module again",
    ),
    (
        r"no such device",
        "it found no device that it can drive",
        "see whether the device is there (lspci), and whether another driver holds it",
    ),
    (
        r"invalid argument|unknown parameter",
        "it refuses one of its parameters",
        "compare the options in modprobe.d with `modinfo --parameters`",
    ),
    (
        r"device or resource busy",
        "something else holds what it needs",
        "mind the order in which modules are loaded: softdep in modprobe.d",
    ),
)
_KNOWN = tuple(
    (re.compile(words, re.IGNORECASE), Advice(reason=reason, remedy=remedy))
    for words, reason, remedy in _TABLE
)
_UNKNOWN = Advice(
    reason="the reason is not known",
    remedy="see `journalctl -k -b` around the module's name; to be safe, roll back the kernel",
)


def advice(words: str) -> Advice:
    """Return what a message means; an unknown one gets a hint where to look."""
    return next((known for pattern, known in _KNOWN if pattern.search(words)), _UNKNOWN)
