# Read the files of a server that an administrator added or changed; see reader.py for what is printed.
# @PREFIX@ is empty on a server; a test reads a folder of its own as if it were the root.
use strict; no warnings; use Fcntl;
my $prefix = '@PREFIX@';
my @roots = qw(@ROOTS@);
my @data = map { unescape($_) } qw(@DATA@);
my ($largest, $data_left) = (@LARGEST@, @DATA_LARGEST@);
binmode STDOUT;
sub escape { my $s = shift; $s =~ s/([^!-\$&-~])/sprintf '%%%02X', ord $1/ge; $s }
sub unescape { my $s = shift; $s =~ s/%([0-9A-F]{2})/chr hex $1/ge; $s }
sub lines { open my $h, '<', "$prefix$_[0]" or return; my @l = <$h>; chomp @l; @l }
# Listed, since a twin does not have them: addresses and disks.
my $left = qr{^/etc/(?:fstab|crypttab|network/interfaces.*|netplan/.+|systemd/network/.+|NetworkManager/system-connections/.+|hosts|resolv\.conf)$};
my $junk = qr/\.(?:dpkg|ucf)-(?:old|dist|new|tmp|bak)$|^__pycache__$|\.py[co]$/;
my (%package, %sum);
for my $list (glob "$prefix/var/lib/dpkg/info/*.list") {
  my ($name) = $list =~ m{([^/:]+)(?::[^/]*)?\.list$} or next;
  open my $h, '<', $list or next;
  while (<$h>) {
    next if !m{^/(?:etc|usr/local|usr/share/keyrings|(?:usr/)?lib/systemd/)};
    chomp; s{^/lib/}{/usr/lib/};
    $package{$_} = $name;
  }
}
my $conffiles;
for (lines '/var/lib/dpkg/status') {
  $conffiles = /^Conffiles:/ ? 1 : 0 if /^\S/;
  $sum{$1} = $2 if $conffiles && m{^ (/.+) ([0-9a-f]{32})};
}
for (lines '/var/lib/ucf/hashfile') { my ($md5, $path) = split /\s+/, $_, 2; $sum{$path} = $md5; $package{$path} //= 'ucf' }
for my $list (glob "$prefix/var/lib/dpkg/info/*.md5sums") {
  open my $h, '<', $list or next;
  while (<$h>) { chomp; $sum{"/usr/$2"} = $1 if m{^([0-9a-f]{32})  (?:usr/)?(lib/systemd/.*)} }
}
my (%by_hand, %chosen);
for my $file (glob "$prefix/var/lib/dpkg/alternatives/*") {
  my ($name) = $file =~ m{([^/]+)$};
  my @entry = lines substr $file, length $prefix;
  $chosen{"/etc/alternatives/$name"} = $entry[0];
}
my (%user, %group);
sub user { $user{$_[0]} //= (getpwuid $_[0])[0] // $_[0] }
sub group { $group{$_[0]} //= (getgrgid $_[0])[0] // $_[0] }
my %type = (0100000, 'file', 0040000, 'directory', 0120000, 'link');
my @candidates;
sub meta { my ($path, @s) = @_; join ' ', sprintf('%04o', $s[2] & 07777), escape(user $s[4]), escape(group $s[5]), escape($path) }
sub slurp {
  my ($path, $limit) = @_;
  sysopen my $h, "$prefix$path", O_RDONLY | O_NONBLOCK | O_NOFOLLOW or return;
  -f $h or return;
  my ($text, $got) = ('');
  while ($got = sysread $h, $text, 1 << 16, length $text) { return if length $text > $limit }
  defined $got ? $text : undef;
}
sub put {
  my ($path, $content, @s) = @_;
  print 'file ', meta($path, @s), ' ', length $content, "\n", $content, "\n";
}
sub content {
  my ($path, $limit, @s) = @_;
  if ($s[7] > $limit) { print 'unread ', escape($path), " $s[7]\n"; return }
  my $text = slurp($path, $limit);
  if ($text =~ /\0/ && $path =~ m{^/etc/.*\.(?:db|lmdb|cdb|pag|dir)$}) { print 'derived ', meta($path, @s), "\n"; return }
  if (!defined $text) { print lstat "$prefix$path" ? 'unread' : 'vanished', ' ', escape($path), " 0\n"; return }
  my $safe = treated($path, $text, !($s[2] & 04));
  put($path, $safe, @s);
  for my $kind (sort keys %$found) { print 'secret ', escape($path), ' ', escape($kind), " $found->{$kind}\n" }
}
sub entry {
  my ($path, $whole, @s) = @_;
  my $type = $type{$s[2] & 0170000} or return;
  if (!$whole && $path =~ $own) { print 'left ', escape($path), "\n" if $path =~ $left && $type ne 'directory'; return }
  if ($type eq 'link') {
    my $target = readlink "$prefix$path";
    return if $path =~ m{^/etc/ssl/certs/} && ($target =~ m{^/usr/share/ca-certificates/} || $target =~ m{^[^/]*\.pem$|^/etc/ssl/certs/});
    return print 'same link ', meta($path, @s), "\n" if $path =~ m{^/etc/alternatives/} && $chosen{$path} ne 'manual' || $package{$path};
    print 'alternative ', escape($path), ' ', escape($target), "\n" if $chosen{$path} eq 'manual';
    return print 'link ', meta($path, @s), ' ', escape($target), "\n";
  }
  return print 'directory ', meta($path, @s), "\n" if $type eq 'directory';
  return push @candidates, [$path, $s[7]] if !$whole && $package{$path} && $sum{$path};
  return print 'same file ', meta($path, @s), "\n" if !$whole && $package{$path};
  content($path, $whole ? $data_left : $largest, @s);
  $data_left -= $s[7] if $whole;
}
sub walk {
  my ($top, $whole) = @_;
  my @s = lstat "$prefix$top" or return print 'vanished ', escape($top), " 0\n";
  my $device = $s[0];
  entry($top, $whole, @s) if $whole || $top !~ m{^/(?:etc|usr/local)$};
  my @stack = ($s[2] & 0170000) == 0040000 ? ($top) : ();
  while (defined(my $dir = pop @stack)) {
    opendir my $h, "$prefix$dir" or next;
    my @names = sort grep { $_ ne '.' && $_ ne '..' && ($whole || $_ !~ $junk) } readdir $h;
    closedir $h;
    for my $name (@names) {
      my $path = "$dir/$name";
      my @s = lstat "$prefix$path";
      if (!@s) { print 'vanished ', escape($path), " 0\n"; next }
      next if $s[0] != $device;
      entry($path, $whole, @s) if !units_only($top) || unit($path, @s);
      push @stack, $path if ($s[2] & 0170000) == 0040000 && ($whole || $path !~ $own);
    }
  }
}
# Of the vendor's unit folders, only files that belong to no package.
sub units_only { $_[0] =~ m{^/usr/(?:lib/systemd|share/keyrings)} }
sub unit { my ($path, @s) = @_; !$package{$path} && ($s[2] & 0170000) != 0040000 || $sum{$path} && ($s[2] & 0170000) == 0100000 }
# Folders where daemons store their state: their owners, never their content.
sub folders {
  my ($dir, $depth) = @_;
  opendir my $h, "$prefix$dir" or return;
  for my $name (sort grep { $_ ne '.' && $_ ne '..' } readdir $h) {
    my $path = "$dir/$name";
    my @s = lstat "$prefix$path";
    next if !@s || ($s[2] & 0170000) != 0040000 || $path =~ m{^/var/lib/(?:dpkg|apt|ucf|systemd|docker|containerd|lxc\w*)(?:/|$)};
    print 'state ', meta($path, @s), "\n" if $s[4] || $s[5] || ($s[2] & 07777) != 0755;
    folders($path, $depth - 1) if $depth > 1;
  }
}
folders("/var/$_", 2) for qw(lib spool log cache www mail);
walk($_, 0) for grep { -e "$prefix$_" } @roots;
walk($_, 1) for @data;
# Files of packages that may have been edited: one process computes all sums.
sub sums {
  my %now;
  return %now if !@candidates;
  my $pid = open my $out, '-|';
  if (!$pid) {
    open my $in, '|-', 'xargs -0 md5sum -z -- 2>/dev/null' or exit 1;
    print $in map { "$prefix$_->[0]\0" } @candidates; close $in; exit 0;
  }
  local $/ = "\0";
  while (<$out>) { chomp; $now{substr $2, length $prefix} = $1 if /^([0-9a-f]{32}) [ *](.*)$/s }
  %now;
}
my %now = sums();
for (@candidates) {
  my ($path) = @$_;
  my @s = lstat "$prefix$path";
  if (!@s) { print 'vanished ', escape($path), " 0\n" }
  elsif ($now{$path} eq $sum{$path}) { print 'same file ', meta($path, @s), "\n" }
  else { content($path, $largest, @s); print 'edited ', escape($path), "\n" }
}
for my $path (sort keys %sum) {
  print 'missing ', escape($path), "\n" if $path =~ m{^/etc/} && $package{$path} && !lstat "$prefix$path";
}
for (lines '/etc/shadow') {
  my ($name, $hash) = split /:/;
  print 'account ', escape($name), ' ', escape($1 . hash_like($2) =~ tr/\x01\x02//dr), "\n" if $hash =~ /^(!*)(\$.{10,}|[.\/A-Za-z0-9]{13})$/;
}
for my $at (0 .. $#keys) {
  my ($label, $encrypted, $length, $public) = @{$keys[$at]};
  print join(' ', 'key', $at, escape($label), $encrypted, $length, escape($public)), "\n";
}
print "mark $mark\n", "end\n";
