"""A machine's clock, set after the machine was paused: uptime goes on, and the date jumps.

Code that counts back from now to a moment before the jump needs to know of it. Each jump is written
to the machine's memory: a saved memory contains it, and a boot drops it together with the uptime.
"""

from __future__ import annotations

JUMPS = "/run/upgradeproof.clock"
"""On the machine: a line a jump, with the uptime, and the date before and after, in seconds."""


def set_script(now_s: float) -> str:
    """Return the script that sets the date, in seconds since the epoch, and notes the jump."""
    return (
        f"before=$(date +%s.%N) && date -s @{now_s:.2f} >/dev/null &&"
        f" echo \"$(cut -d ' ' -f 1 /proc/uptime) $before $(date +%s.%N)\" >>{JUMPS}"
    )
