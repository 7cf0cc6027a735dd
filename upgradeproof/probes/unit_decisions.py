"""Which units an administrator has disabled or masked, and whether an upgrade undid that."""

from __future__ import annotations

from typing import Protocol

HELPER = r"""
find /var/lib/systemd/deb-systemd-helper-enabled -mindepth 2 -maxdepth 2 -type f \
  -printf 'helper|%f\n' 2>/dev/null | sort -u
find /etc/systemd/system -maxdepth 1 -lname /dev/null -printf '%f\n' 2>/dev/null |
  while IFS= read -r unit; do
    [ -e "/var/lib/systemd/deb-systemd-helper-masked/$unit" ] || printf 'mask|%s\n' "$unit"
  done
"""
"""Prints ``helper|UNIT`` for the units that a package enabled by deb-systemd-helper(1p), and
``mask|UNIT`` for those that are masked in /etc, but for masks that deb-systemd-helper made.

Files ``NAME.dsh-also`` are no such record: units that were never enabled have one, too."""
_ON = frozenset({"enabled", "enabled-runtime"})


class _Unit(Protocol):
    """What a decision is read from; see `Service`."""

    @property
    def enabled(self) -> str: ...
    @property
    def active(self) -> str: ...
    @property
    def enabled_by_helper(self) -> bool: ...
    @property
    def masked_in_etc(self) -> bool: ...


def overruled(was: _Unit, now: _Unit, *, distribution: bool, triggered: bool = False) -> str:
    """Return what was done to a unit that an administrator had disabled or masked, or "".

    ``enabled``, ``unmasked`` or ``started``. No new version of one package decides that for an
    administrator. A new release of the distribution (``distribution``) may enable what its packages
    had left disabled: there a decision counts where deb-systemd-helper had enabled the unit before,
    and a unit that something else than this program enables. ``triggered``: a socket, a timer or a
    path of the same name is active, and may have started the unit.
    """
    if was.enabled.startswith("masked"):
        undone = was.masked_in_etc and not now.enabled.startswith("masked")
        return ("enabled" if now.enabled in _ON else "unmasked") if undone else ""
    if was.enabled != "disabled":
        return ""
    decided = was.enabled_by_helper or not distribution
    if now.enabled in _ON:
        return "enabled" if decided or not now.enabled_by_helper else ""
    started = was.active != "active" == now.active and now.enabled == "disabled"
    return "started" if started and decided and not triggered else ""
