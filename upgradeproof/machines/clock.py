"""A machine's clock, set after the machine stood still: uptime goes on, and the date jumps.

So who counts back from now to a moment before the jump has to know of it. Each is written down on
the machine, in memory: one that is kept takes it along, one that boots forgets it with its uptime.
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
