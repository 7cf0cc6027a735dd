"""Mounts of a container."""

from __future__ import annotations

from upgradeproof.probes.base import Facts, diff
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.mounts import Mount, Mounts

LAYERS = "lowerdir=/var/lib/docker/overlay2/l/{0}:/x,upperdir=/var/lib/docker/overlay2/{0}/diff"
CAPTURED = f"""\
72 48 0:39 / / rw,relatime master:2 - overlay overlay rw,{LAYERS}
73 72 0:42 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
92 72 254:0 /var/lib/docker/containers/{{0}}/hosts /etc/hosts rw,relatime - ext4 /dev/vda rw
60 72 0:50 / /srv/my\\040files rw - tmpfs tmpfs rw
61 60 0:51 / /srv/my\\040files ro,noexec - tmpfs tmpfs rw
62 60 0:52 / /run/user/0 rw,noexec - tmpfs tmpfs rw
63 60 0:53 / /sys/fs/cgroup ro - tmpfs cgroup rw
64 63 0:54 / /sys/fs/cgroup/net_cls,net_prio rw - cgroup cgroup rw,net_cls,net_prio
65 63 0:55 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
bytes
Filesystem         1-blocks        Used   Available Capacity Mounted on
overlay        270553174016 30177460224 78766833664      28% /
tmpfs              67108864           0    67108864       0% /srv/my files
inodes
Filesystem       Inodes  IUsed    IFree IUse% Mounted on
overlay        16777216 514089 16263127    4% /
tmpfs                 -      -        -     - /srv/my files
"""


def parse(container: str) -> dict[str, Mount]:
    return Mounts.parse(CAPTURED.replace("{0}", container), ProbeInputs())


def test_a_file_system_is_read_with_its_space() -> None:
    root = parse("abc")["/"]
    assert (root.source, root.file_system, root.options) == (
        "overlay",
        "overlay",
        ("relatime", "rw"),
    )
    assert (root.used_bytes, root.available_bytes) == (30177460224, 78766833664)
    assert (root.used_inodes, root.available_inodes) == (514089, 16263127)


def test_two_containers_of_one_image_have_the_same_mounts() -> None:
    first, second = (Facts({"mounts": parse(name)}) for name in ("abc", "def"))
    assert diff(first, second) == ()


def test_the_topmost_mount_of_a_target_is_used() -> None:
    assert parse("abc")["/srv/my files"].options == ("noexec", "ro")


def test_a_dash_in_the_space_is_unknown() -> None:
    mount = parse("abc")["/srv/my files"]
    assert (mount.used_bytes, mount.used_inodes) == (0, None)


def test_mounts_of_logins_and_the_hosts_controllers_are_no_facts() -> None:
    assert set(parse("abc")) == {"/", "/proc", "/etc/hosts", "/srv/my files", "/sys/fs/cgroup"}
