"""Send a message through every facility and priority, and read which files take it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, general, rows

FACILITIES = (
    *("user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv"),
    *("ftp", *(f"local{number}" for number in range(8))),
)
"""All but ``kern``, which only the kernel may use."""
_CODES = dict(zip(FACILITIES, (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, *range(16, 24)), strict=True))
PRIORITIES = ("err", "warning", "notice", "info", "debug")
"""None above: an emergency is written to every terminal."""
_LEVELS = dict(zip(PRIORITIES, (3, 4, 5, 6, 7), strict=True))
TAG = "upgradeproof-flow"

# Files that take messages are those that the daemon holds open, those that its configuration names,
# and what changes below /var/log. They are looked at as the machine sees them, not as the daemon
# does: a daemon with a /tmp of its own writes no file that others find there. Messages are waited
# for until their number stays the same. Of a large file only the end is read.
_SCRIPT = r"""
m=$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')
d=$(mktemp -d /run/upgradeproof-flow.XXXXXX) || exit 0
trap 'rm -rf "$d"' EXIT
find /etc/*syslog* -type f -size -512k 2>/dev/null | head -n 500 | tr '\n' '\0' |
  xargs -0r grep -ahv '^[[:space:]]*#' 2>/dev/null |
  grep -aoE '(^|[[:space:]"'"'"'=;(-])/[^][:space:]"'"'"';(){}%,]+' | sed 's/^[^/]*//' >"$d/named"
pid=$(systemctl show --value --property=MainPID syslog.service 2>/dev/null)
taking() {
  {
    cat "$d/named"
    [ "${pid:-0}" = 0 ] || find "/proc/$pid/fd" -type l -printf '%l\n' 2>/dev/null
    find /var/log -path /var/log/journal -prune -o -type f -newer "$d/named" -print 2>/dev/null
  } | grep -avE '^/(dev|proc|sys|run|etc|usr|lib)/' | grep -a '^/' | sort -u | head -n 1000 |
    while IFS= read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done
}
ends() {
  tr '\n' '\0' | xargs -0r tail -v -c 60000 2>/dev/null | awk -v m="$m " -v want="$1" '
    /^==> .* <==$/ { file = substr($0, 5, length($0) - 8); next }
    $0 != "" && (index($0, m) > 0) == want { print file "\t" $0 }'
}
if command -v perl >/dev/null; then
  printf '%s\n' $messages | timeout 5 perl -MSocket -ne '
    BEGIN {
      socket($s, AF_UNIX, SOCK_DGRAM, 0) && connect($s, sockaddr_un("/dev/log")) or exit;
      $now = substr localtime, 4, 15;
    }
    chomp; ($code, $name) = split /:/;
    send($s, "<$code>$now '"$tag"': '"$m"' $name", 0);'
else
  for each in $messages; do logger -t "$tag" -p "${each#*:}" "$m ${each#*:}"; done
fi
found=-1 stable=0 step=0
while [ $step -lt 30 ] && [ $stable -lt 3 ]; do
  sleep 0.1
  taking >"$d/files"
  ends 1 <"$d/files" >"$d/lines"
  now=$(wc -l <"$d/lines")
  if [ "$now" = "$found" ]; then stable=$((stable + 1)); else stable=0; fi
  found=$now step=$((step + 1))
done
printf 'host\t%s\nzone\t%s\n' "$(hostname 2>/dev/null)" "$(date +%z)"
sed "s/^/line\t/; s/$m /\t/" "$d/lines"
timeout 5 journalctl -q -t "$tag" --since "@$since" -o cat 2>/dev/null | grep -aF "$m " |
  sed "s/^/line\tjournal\t\t/; s/$m //"
{
  cat "$d/named"
  [ "${pid:-0}" = 0 ] || find "/proc/$pid/fd" -type l -printf '%l\n' 2>/dev/null
} | grep -axF -f "$d/files" | sort -u | ends 0 | grep -avF "$tag" |
  tail -n 5000 | sed 's/^/other\t/' | head -c 1000000
exit 0
"""
_STAMPS = (
    (re.compile(r"^[A-Z][a-z]{2} [ 0-9]\d \d\d:\d\d:\d\d"), "Mon DD HH:MM:SS"),
    (
        re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)"),
        "YYYY-MM-DDTHH:MM:SS+hh:mm",
    ),
)
_PRIVATE = re.compile(r"systemd-private-[0-9a-f]{32}-(.*?)-\w{6}(?=/|$)")


class LogFile(Record):
    """One file that takes messages, or the journal."""

    volatile: ClassVar[frozenset[str]] = frozenset({"kinds"})
    selectors: tuple[str, ...] = ()
    """What it takes: ``mail.err``; ``mail.*`` means all priorities, ``*.*`` everything."""
    shape: str = ""
    """How a line begins: ``Mon DD HH:MM:SS HOST TAG:``."""
    kinds: tuple[str, ...] = ()
    """Volatile; the first two words of each other line since the boot."""

    def takes(self) -> frozenset[str]:
        """Return the selectors, with wildcards written out."""
        return frozenset(
            f"{facility}.{priority}"
            for selector in self.selectors
            for facility in _matching(selector.partition(".")[0], FACILITIES)
            for priority in _matching(selector.partition(".")[2], PRIORITIES)
        )


class LogFlow(Probe[LogFile]):
    """Read the files that take messages, by their path, and ``journal``.

    A file that a rule about something else feeds, such as a program's name, is here if it has a
    line since the boot.
    """

    section = "log_flow"
    record: ClassVar[type[Record]] = LogFile
    intrusive = True

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script; it writes 95 lines into the logs."""
        messages = " ".join(
            f"{code * 8 + level}:{facility}.{priority}"
            for facility, code in _CODES.items()
            for priority, level in _LEVELS.items()
        )
        return f"since={int(inputs.since)} tag={TAG} messages='{messages}'\n{_SCRIPT}"

    @classmethod
    def parse(cls, output: str, inputs: ProbeInputs, /) -> dict[str, LogFile]:
        """Return the files; one with neither a message nor other lines since the boot is none."""
        host, zone = "machine", "+0000"
        taken: dict[str, set[str]] = defaultdict(set)
        shapes: dict[str, str] = {}
        kinds: dict[str, set[str]] = defaultdict(set)
        for cells in rows(clean(output)):
            match cells:
                case ["host", host]:
                    pass
                case ["zone", zone]:
                    pass
                case ["line", path, start, selector] if _known(selector):
                    taken[_stable(path)].add(selector)
                    shapes[_stable(path)] = _shape(start, host)
                case ["other", path, *rest] if rest and _since(rest[0], zone, inputs.since):
                    kinds[_stable(path)].add(_kind("\t".join(rest), host))
        return {
            path: LogFile(
                selectors=_compressed(taken[path]),
                shape=shapes.get(path, ""),
                kinds=tuple(sorted(kinds[path] - {""}))[:100],
            )
            for path in sorted(taken.keys() | kinds.keys())
        }


def _known(selector: str) -> bool:
    facility, _, priority = selector.partition(".")
    return facility in FACILITIES and priority in PRIORITIES


def _matching(part: str, all_of_them: Iterable[str]) -> Iterable[str]:
    return all_of_them if part == "*" else (part,)


def _compressed(selectors: Iterable[str]) -> tuple[str, ...]:
    """Return selectors in a fixed order, as short as they can be written."""
    by_facility: dict[str, set[str]] = defaultdict(set)
    for selector in selectors:
        facility, _, priority = selector.partition(".")
        by_facility[facility].add(priority)
    if all(len(by_facility.get(facility, ())) == len(PRIORITIES) for facility in FACILITIES):
        return ("*.*",)
    return tuple(
        f"{facility}.{priority}"
        for facility in FACILITIES
        for priority in (
            ("*",)
            if len(by_facility.get(facility, ())) == len(PRIORITIES)
            else [each for each in PRIORITIES if each in by_facility.get(facility, ())]
        )
    )


def _stable(path: str) -> str:
    """Return a path without what is drawn at random at each start of a service."""
    return _PRIVATE.sub(r"systemd-private-\1", path)


def _shape(start: str, host: str) -> str:
    """Return the start of a line with words for what differs from line to line."""
    for pattern, words in _STAMPS:
        start = pattern.sub(words, start)
    start = start.replace(f" {host} ", " HOST ").replace(TAG, "TAG")
    return re.sub(r"\d+", "N", start).strip()


def _since(line: str, zone: str, since: float) -> bool:
    """Return whether a line was written since a time; a line without a stamp counts as written."""
    try:
        if line[:4].isdecimal():
            return datetime.fromisoformat(line.split(" ", maxsplit=1)[0]).timestamp() >= int(since)
        year = datetime.fromtimestamp(since, UTC).year
        stamp = datetime.strptime(f"{year} {line[:15]} {zone}", "%Y %b %d %H:%M:%S %z")
        return stamp.timestamp() >= int(since)
    except (ValueError, OverflowError, OSError):
        return True


def _kind(line: str, host: str) -> str:
    """Return the first two words of a line's message."""
    _, _, message = line.partition(f" {host} ")
    _, _, message = message.partition(": ")
    return " ".join(general(message).split()[:2])
