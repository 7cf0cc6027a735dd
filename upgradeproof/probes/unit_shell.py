"""Shell functions about one unit, for scripts of probes whose lines have tabs between the words."""

from __future__ import annotations

LOG_LINES = 10
"""As many as `systemctl status` shows."""
PROCESSES = r"""
literal() { printf '%s\n' "$1" | sed 's/[].[\*^$+?(){}|]/\\&/g'; }
processes() {
  grep -lsE "/$(literal "${1%.*}")$2\.${1##*.}(/|\$)" /proc/[0-9]*/cgroup | sed 's|/cgroup$||'
}
"""
"""``processes UNIT`` prints the folder below ``/proc`` of each process of a unit, and
``processes UNIT INSTANCES`` those of its instances, too. A unit's name is no pattern: systemd
escapes characters by a backslash. ``literal TEXT`` prints the pattern that fits only this text."""
INSTANCES = "(@[^/]*)?"
UNIT_SHELL = r"""
property() { systemctl show --value --property="$2" -- "$1" 2>/dev/null; }
log() {
  journalctl --sync >/dev/null 2>&1
  journalctl --no-pager --quiet --unit="$1" -n LINES -o cat 2>/dev/null |
    while IFS= read -r line; do printf 'log\t%s\t%s\n' "$1" "$line"; done
}
""".replace("LINES", str(LOG_LINES))
"""``property UNIT NAME`` prints a property of systemd's, ``log UNIT`` the end of its journal.

What a process wrote last reaches journald by another way than systemd's own lines about its end,
and may be later there: journald is waited for."""
