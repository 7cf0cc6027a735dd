"""List systemd's unit files once in a pass, for all probes that need the list."""

from __future__ import annotations

UNIT_FILES = r"""
unit_files() {
  [ -n "$PASS_FOLDER" ] || { systemctl list-unit-files --no-legend --no-pager; return; }
  (
    flock 9
    [ ! -f "$PASS_FOLDER/unit-files" ] || exit 0
    systemctl list-unit-files --no-legend --no-pager >"$PASS_FOLDER/unit-files.new" &&
      mv "$PASS_FOLDER/unit-files.new" "$PASS_FOLDER/unit-files"
  ) 9>>"$PASS_FOLDER/unit-files.lock"
  cat "$PASS_FOLDER/unit-files"
}
"""
"""Defines the shell function ``unit_files``, which prints ``UNIT STATE PRESET`` lines.

systemd spends 0.7 s of processor time on each list (measured with 161 packages), and three probes
need it. ``PASS_FOLDER`` is the folder of the pass (see ``reading.py``); without it, nothing is
stored."""
