"""Extended attributes of files: an engine's commit keeps capabilities alone.

POSIX access lists and attributes of users are written to a file that the commit contains, and are
set again when a container starts from it, before its first program.
"""

from __future__ import annotations

SAVED = "/.upgradeproof-attributes"
"""The file; a running machine does not have it."""

_CALLS = (
    "use strict; use Config; my %n = $Config{archname} =~ /^x86_64/"
    " ? (list => 195, get => 192, set => 189) : $Config{archname} =~ /^(?:aarch64|riscv64)/"
    " ? (list => 12, get => 9, set => 6) : (list => 233, get => 230, set => 227);"
)
"""The numbers of llistxattr, lgetxattr and lsetxattr in Linux: Perl has no function for them."""

SAVE = rf"""
find / -xdev -path /var/log/journal -prune -o \( -type f -o -type d \) -print0 |
perl -0 -e '{_CALLS}
my ($size, $names, $value);
while (my $path = <STDIN>) {{
  chop $path;
  $size = syscall $n{{list}}, $path, $names = "\0" x 65536, 65536;
  next if $size <= 0;
  for my $name (grep /^(?:system\.posix_acl_|user\.)/, split /\0/, substr $names, 0, $size) {{
    $size = syscall $n{{get}}, $path, $name, $value = "\0" x 65536, 65536;
    print join(" ", map {{ unpack "H*", $_ }} $path, $name, substr $value, 0, $size), "\n"
      if $size >= 0;
  }}
}}' >{SAVED} && [ -s {SAVED} ] || rm -f {SAVED}
"""
"""Write the attributes that a commit would lose; no file where there are none.

A machine that can't be written is saved without them. Each boot sets those of the journal again.
"""

RESTORE = (
    f"[ ! -e {SAVED} ] || {{ perl -lne '{_CALLS}"
    ' my ($path, $name, $value) = map { pack "H*", $_ } split / /, $_, -1;'
    " syscall($n{set}, $path, $name, $value, length $value, 0) == 0"
    f' or die "upgradeproof: the attribute $name of $path can not be set: $!";\' <{SAVED}'
    f" && rm {SAVED} || exit 1; }};"
)
"""Set them again and remove the file; a machine for which that fails does not start."""

FORGET = f"rm -f {SAVED}"
"""For the machine that was saved and goes on."""
