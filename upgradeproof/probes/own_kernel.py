"""What the probes of the kernel share: they read nothing where the kernel is the host's."""

from __future__ import annotations

OWN_KERNEL = r"""
for mark in /run/systemd/container /.dockerenv /run/.containerenv; do
  [ ! -e "$mark" ] || exit 0
done
"""
"""Shell that ends a probe in a container: what it would read there are facts of the host."""
