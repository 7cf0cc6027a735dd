# Files that are particular to each machine: a twin of a server has its own.
my $own = qr{^/etc/(?:hostname|hosts|resolv\.conf|machine-id|mtab|fstab|crypttab|adjtime
  |(?:passwd|group|shadow|gshadow|subuid|subgid)-?|ld\.so\.cache|\.pwd\.lock|\.updated|blkid\.tab
  |\.resolv\.conf\.systemd-resolved\.bak|network/(?:run|interfaces.*)|netplan/.*|systemd/network/.*
  |NetworkManager/system-connections/.*|udev/rules\.d/70-persistent-.*|cloud/.*|iscsi/.*|nvme/host.*
  |lvm/(?:archive|backup)/.*|ssl/certs/(?:ca-certificates\.crt|java/.*|[0-9a-f]{8}\.\d+)
  |init\.d/\.depend\..*|\.dockerenv|(?:.*/)?upgradeproof[^/]*)$}x;
