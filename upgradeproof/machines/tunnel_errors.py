"""Why an engine can't be reached over SSH: one clear error for each reason. Pure."""

from __future__ import annotations

import re
import shlex

from upgradeproof.errors import BackendError

_CAUSES = (
    (
        r"Offending .* key in .*",
        r"REMOTE HOST IDENTIFICATION HAS CHANGED",
        "the host key of the engine {} differs from that in known_hosts",
        "find out why it changed, then replace it: `ssh-keygen -R HOST`, and connect once by hand",
    ),
    (
        r".*host key is known for .*|Host key verification failed.*",
        r"Host key verification failed",
        "the host key of the engine {} is not known here",
        "compare its fingerprint and connect once by hand: `ssh HOST`",
    ),
    (
        r".*(?:Permission denied \(|Too many authentication failures|no mutual signature).*",
        "",
        "the host of the engine {} refuses the login",
        "allow a key of yours there; passwords are never asked for (BatchMode)",
    ),
    (
        r".*(?:Bad configuration option|Can't open user config file|terminating, .* bad config).*",
        "",
        "ssh does not accept its configuration for the engine {}",
        "correct the file that the message names",
    ),
    (
        r".*(?:Could not resolve|Connection (?:refused|timed|closed|reset)|No route|no answer).*",
        "",
        "the host of the engine {} can't be reached",
        "check the name, that the host runs, and the firewalls between: `ssh HOST`",
    ),
)


def refusal(engine: str, host: str, printed: str) -> BackendError:
    """Return the error for what ssh printed, with the decisive line of it."""
    for decisive, needed, brief, resolution in _CAUSES:
        line = re.search(decisive, printed)
        if line and re.search(needed, printed):
            return BackendError(
                brief.format(engine),
                details=line.group().strip(),
                resolution=resolution.replace("HOST", host),
            )
    return BackendError(
        f"ssh does not connect to the engine {engine}",
        details=next(reversed(printed.splitlines()), "it printed nothing"),
        resolution=f"try it by hand: `ssh {host}`",
    )


_WHY = """s={}
if [ ! -e "$s" ]; then echo absent
elif [ -r "$s" ] && [ -w "$s" ]; then echo silent
else echo forbidden; ls -ld "$s"; fi"""


def asking_why(path: str) -> str:
    """Return the script that looks at an engine's socket on its host."""
    return _WHY.format(shlex.quote(path))


def silence(engine: str, path: str, answer: str, printed: str) -> BackendError:
    """Return why an engine does not answer behind a connection that works.

    ``answer`` is that of the script ``asking_why``; ``printed`` is what ssh printed.
    """
    word, _, details = answer.partition("\n")
    match word:
        case "absent":
            return BackendError(
                f"no engine runs on the host of {engine}",
                details=f"there is no socket {path}",
                resolution="start the engine there, or name its socket in the address, such as"
                " ssh://root@host/run/podman/podman.sock",
            )
        case "forbidden":
            return BackendError(
                f"the login on the host of {engine} may not use its engine",
                details=details,
                resolution="log in as root, or add the user to the group of the socket",
            )
        case _:
            return BackendError(
                f"the engine {engine} does not answer",
                details=f"{path}: {_of_a_channel(printed)}",
                resolution="look at the engine's log on its host; if it runs, set there"
                " AllowStreamLocalForwarding and AllowTcpForwarding to yes in sshd_config",
            )


def _of_a_channel(printed: str) -> str:
    """Return why the last of the connection's channels was not opened."""
    found = re.findall(r"^channel \d+: (.*)$", printed, flags=re.MULTILINE)
    return str(found[-1]).strip() if found else "no answer"
