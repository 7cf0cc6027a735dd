"""Perl that reads dpkg's lists where ``/bin`` and ``/lib`` are links into ``/usr``."""

from __future__ import annotations

MERGED_USR = r"""
sub lines { open my $h, '<', shift or return; my @l = <$h>; chomp @l; @l }
my %alias;
for my $dir (glob '/bin /sbin /lib /lib32 /lib64 /libx32 /usr/sbin') {
  my $to = readlink $dir or next;
  $to =~ s/^(?!\/)/$dir =~ m{^(.*\/)}; $1/e;
  $alias{$dir} = $to;
}
sub real {
  my $path = shift;
  if ($path =~ m{^((?:/usr)?/[^/]+)(/.*)?$} && $alias{$1}) { $path = $alias{$1} . ($2 // '') }
  $path;
}
""".lstrip()
"""``lines FILE`` returns the lines of a file without their ends, ``real PATH`` the place of a path
of a package on the disk; ``%alias`` has the links, and is empty where ``/usr`` is not merged."""
