"""A plan from observation: what a machine is, as an ``upgrade.toml`` that says where it comes from.

``writing`` turns a draft into text and ``folder`` puts it on the disk, whole or not at all; neither
knows a machine. The other modules observe one machine at the old release of an operating system.
"""
