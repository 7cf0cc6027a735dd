"""Wait until systemd has settled: every job of the boot has ended or failed."""

SETTLED = (
    "while :; do s=$(systemctl is-system-running --wait 2>/dev/null);"
    ' case "$s" in running|degraded|maintenance) echo "$s"; exit 0;; esac; sleep 0.1; done'
)
"""Prints the state: ``maintenance`` is an emergency or rescue shell."""
