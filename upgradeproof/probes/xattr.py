"""Read the extended attributes of capabilities and access lists, as the kernel stores them."""

from __future__ import annotations

import re
import struct

_NAMES = (
    "chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable "
    "net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio "
    "sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time "
    "sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog "
    "wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore"
)
CAPABILITIES = tuple(f"cap_{name}" for name in _NAMES.split())
"""By their number in capability.h of Linux."""
_MASK = 0x10
_TAGS = {0x02: "user", 0x08: "group", _MASK: "mask"}
"""Of posix_acl.h of Linux, without those that the mode holds."""


def capabilities(attribute: str) -> str:
    """Return ``security.capability``, given in hexadecimal, as ``cap_net_raw=ep``.

    Empty without one; what is of no known shape stays as it is.
    """
    if not attribute:
        return ""
    data = _bytes(attribute)
    if len(data) not in {12, 20, 24}:
        return attribute[:64]
    magic, *words = struct.unpack(f"<{len(data) // 4}I", data)
    permitted, inheritable = words[0], words[1]
    if len(words) > len(("permitted", "inheritable")):
        permitted, inheritable = permitted | words[2] << 32, inheritable | words[3] << 32
    flags = {
        number: ("e" if magic & 1 else "")
        + ("i" if inheritable >> number & 1 else "")
        + ("p" if permitted >> number & 1 else "")
        for number in range(64)
        if (permitted | inheritable) >> number & 1
    }
    return ",".join(f"{_capability(number)}={flag}" for number, flag in flags.items())


def access_list(attribute: str) -> str:
    """Return ``system.posix_acl_access``, given in hexadecimal, as ``user:1000:rw-,mask::r--``."""
    data = _bytes(attribute)
    head, entry = struct.Struct("<I"), struct.Struct("<HHI")
    if len(data) < head.size or (len(data) - head.size) % entry.size:
        return attribute[:64]
    entries = entry.iter_unpack(data[head.size :])
    return ",".join(
        f"{_TAGS[tag]}:{'' if tag == _MASK else number}:{_rights(rights)}"
        for tag, rights, number in entries
        if tag in _TAGS
    )


def _bytes(attribute: str) -> bytes:
    return bytes.fromhex(attribute) if re.fullmatch("(?:[0-9a-f]{2})*", attribute) else b""


def _capability(number: int) -> str:
    return CAPABILITIES[number] if number < len(CAPABILITIES) else f"cap_{number}"


def _rights(rights: int) -> str:
    return "".join(
        letter if rights & bit else "-" for letter, bit in (("r", 4), ("w", 2), ("x", 1))
    )
