"""Plans from observation: an ``upgrade.toml`` with a comment for the source of each part.

``writing`` turns a draft into text and ``folder`` writes it to the disk atomically; neither
knows a machine. The other modules observe one machine at the old release of an operating system.
"""
