"""Virtual machines by QEMU.

``hardware`` says what is emulated; ``process`` runs it, with ``qmp`` for its monitor, ``port`` for
the channel (``agent.pl`` is the machine's end) and ``life`` for what the console tells; ``boot``
judges a boot; ``snapshots`` keeps disks and memories, and ``disks`` leaves them there; ``machine``
and ``backend`` put it behind the protocols; ``acceleration`` proves KVM; ``slots`` shares the host.
"""

from upgradeproof.machines.qemu.backend import QemuBackend

BACKEND = QemuBackend()

__all__ = ["BACKEND", "QemuBackend"]
