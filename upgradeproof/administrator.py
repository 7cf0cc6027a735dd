"""Log in as an administrator would: by SSH, with a key of this run, through the published port."""

from __future__ import annotations

import shlex
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from upgradeproof.command import Completed, run
from upgradeproof.errors import MachineError
from upgradeproof.machines import Machine

LOGIN_TIMEOUT_S = 60.0
"""Limit of one login: 0.3 s were measured natively, 5 s on an emulated machine under load."""
# Each script of a login begins so; one line after the other is printed of what did not exist.
_PLACE = """folder=$(getent passwd "$user" | cut -d : -f 6)/.ssh; file=$folder/authorized_keys
"""
# Where the file's last line has no end, that of the key has none either: the file is then restored
# exactly, in whichever order several logins end.
_ADMIT = f"""set -e
{_PLACE}group=$(id -g "$user"); umask 077; line=$(cat)
[ -d "$folder" ] || {{ mkdir "$folder"; chown "$user:$group" "$folder"; echo folder; }}
[ -e "$file" ] || {{ : >"$file"; chown "$user:$group" "$file"; echo file; }}
if [ "$(tail -c 1 "$file")" ]; then printf '\\n%s' "$line"; else echo "$line"; fi >>"$file"
"""
# The line is found again by its own mark and removed; the other lines of the file are unchanged.
_EXPEL = f"""{_PLACE}sed -i -z --follow-symlinks 's/\\n[^\\n]* MARK$//; s/[^\\n]* MARK\\n//' "$file"
case "$made" in *file*) [ -s "$file" ] || rm -f "$file" ;; esac
case "$made" in *folder*) rmdir "$folder" ;; esac
"""
_OPTIONS = (
    *("-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR"),
    # The machine was made a minute ago: its key can't be known yet.
    *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
    *("-o", f"ConnectTimeout={LOGIN_TIMEOUT_S / 2:.0f}"),
)


def log_in(machine: Machine, port: int, command: str, user: str = "root") -> Completed:
    """Run one command by SSH as a user and return what it did; 255 is ssh's own failure.

    The key is made for this one login and taken from the machine afterwards. Raises MachineError
    when the key can't be added on the machine, or this host has no ssh.
    """
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    mark = f"upgradeproof-{public[-16:].decode().translate(str.maketrans('+/=', '___'))}"
    named = f"user={shlex.quote(user)}\n"
    done = machine.run(named + _ADMIT, stdin=public + f" {mark}\n".encode())
    if not done.ok:
        raise MachineError(
            f"{machine.name} does not accept an SSH key for {user}", details=done.tail
        )
    try:
        with tempfile.TemporaryDirectory(prefix="upgradeproof-") as folder:
            file = Path(folder, "key")
            file.touch(mode=0o600)
            file.write_bytes(private)
            words = (
                "ssh",
                *_OPTIONS,
                "-i",
                str(file),
                "-p",
                str(port),
                f"{user}@127.0.0.1",
                command,
            )
            return run(words, timeout_s=LOGIN_TIMEOUT_S, check=False)
    finally:
        made = f"made={shlex.quote(done.text)}\n"
        machine.run(named + made + _EXPEL.replace("MARK", mark))
