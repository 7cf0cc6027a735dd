"""Shell functions about one unit, for scripts of probes whose lines have tabs between the words."""

from __future__ import annotations

LOG_LINES = 10
"""As many as `systemctl status` shows."""
UNIT_SHELL = r"""
property() { systemctl show --value --property="$2" -- "$1" 2>/dev/null; }
log() {
  journalctl --no-pager --quiet --unit="$1" -n LINES -o cat 2>/dev/null |
    while IFS= read -r line; do printf 'log\t%s\t%s\n' "$1" "$line"; done
}
""".replace("LINES", str(LOG_LINES))
"""``property UNIT NAME`` prints a property of systemd's, ``log UNIT`` the end of its journal."""
