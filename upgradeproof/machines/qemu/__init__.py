"""Virtual machines by QEMU.

``hardware`` defines what is emulated; ``process`` runs it, with ``qmp`` for its monitor, ``port``
for the channel (``agent.pl`` is the machine's end) and ``life`` for the console's output; ``boot``
judges a boot; ``snapshots`` stores disks and memories, and ``disks`` moves them there; ``machine``
and ``backend`` implement the protocols; ``acceleration`` proves KVM; ``slots`` shares the host.
"""

from upgradeproof.machines.qemu.backend import QemuBackend

BACKEND = QemuBackend()

__all__ = ["BACKEND", "QemuBackend"]
