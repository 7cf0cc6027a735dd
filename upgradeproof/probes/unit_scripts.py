"""What the administrator's scripts that a service runs use: they run in its sandbox, too."""

from __future__ import annotations

import re
from collections.abc import Callable

SCRIPTS = r"""
runs=$(timeout 5 grep -rIoHE -D skip --exclude-dir=init.d --exclude-dir='apparmor*' \
  --exclude-dir=ssl --exclude-dir=alternatives --exclude-dir=systemd --exclude-dir='cron*' \
  '^[^#;]*[^#;A-Za-z0-9_./*-](/usr/local/s?bin/|/usr/local/lib/|/opt/|/srv/)[^] "'\'',;)|]*' /etc \
  2>/dev/null | head -n 200 | sed -n 's/^\([^:]*\):.*[^A-Za-z0-9_./*-]\(\/[^ ]*\)$/\1	\2/p' |
  sort -u)
[ -z "$runs" ] || {
  printf '%s\n' "$runs" | while IFS='	' read -r file script; do
    [ -f "$script" ] && [ -x "$script" ] && [ "$(head -c 2 "$script" | tr -d '\0')" = '#!' ] ||
      continue
    printf 'runs\t%s\t%s\n' "$file" "$script"
    grep -vE '^[[:space:]]*#' "$script" 2>/dev/null | grep -E '/(home|root|run/user)/|>' |
      head -n 50 | cut -c -400 | sed "s|^|script	$script	|"
  done
  printf '%s\n' "$runs" | cut -f 1 | sort -u | head -n 20 | while read -r file; do
    timeout 5 grep -rIlF -D skip -- "$file" /etc 2>/dev/null | head -n 20 |
      sed "s|\$|	$file|; s|^|mentions	|"
  done
}
"""
_HOME = re.compile(r"(?<![\w./*-])/(?:home|root|run/user)/[^\s\"',;)\]|]+")
_WRITTEN = re.compile(r">\|?\s*[\"']?(/(?:etc|usr|boot|var|srv|opt|home|root)/[^\s\"';)&|$]+)")


class Scripts:
    """Which files of ``/etc`` run which script, and the lines of these."""

    def __init__(self) -> None:
        self._runs: list[tuple[str, str]] = []
        self._lines: dict[str, list[str]] = {}
        self._mentioned_by: dict[str, set[str]] = {}

    def read(self, what: str, path: str, text: str) -> None:
        """Take one line of the script's output; lines of other kinds are ignored."""
        match what:
            case "runs":
                self._runs.append((path, text))
            case "script":
                self._lines.setdefault(path, []).append(text)
            case "mentions":
                self._mentioned_by.setdefault(text, set()).add(path)

    def uses(self, belongs: Callable[[str], bool]) -> set[str]:
        """Return what the scripts of the files of a unit use, and of the files that these name.

        Temporary files are left out: a script mostly reads them itself.
        """
        found: set[str] = set()
        for file, script in self._runs:
            if not any(map(belongs, (file, *self._mentioned_by.get(file, ())))):
                continue
            for line in self._lines.get(script, ()):
                written = set(_WRITTEN.findall(line))
                found |= {f"writes {path} ({script})" for path in written}
                found |= {f"names {path} ({script})" for path in {*_HOME.findall(line)} - written}
        return found
