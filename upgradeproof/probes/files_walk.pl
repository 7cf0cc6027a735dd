# Walk the file tree for the probe `files`; see files_walk.py for the lines that are printed.
#
# perl-base is essential in Debian and Ubuntu; its modules Digest and MIME are not in it. One process
# lists the tree: 60,000 files take half a second, and no name can break its lines, since every byte
# that is not printable ASCII is escaped. Files are opened without waiting for a FIFO's other end.
use strict; no warnings; use Fcntl; use Config;
my ($start, $stopped, $text_left) = (time, 0, @TEXT_TOTAL@);
my %prune = map { $_ => 1 } qw(/proc /sys /dev /run /tmp /lost+found /snap /var/tmp /var/cache
  /var/lib/dpkg /var/lib/apt /var/lib/docker /var/lib/containerd /var/lib/ucf /var/lib/snapd
  /var/run /var/lock /usr/share/doc /usr/share/man /usr/share/locale /usr/share/info
  /etc/ssl/certs /etc/rc0.d /etc/rc1.d /etc/rc2.d /etc/rc3.d /etc/rc4.d /etc/rc5.d /etc/rc6.d
  /etc/rcS.d /opt/upgradeproof);
my $prune_name = qr/^(?:__pycache__|\.cache|\.git|lost\+found)$/;
my $skip_name = qr/\.py[co]$|^\.pwd\.lock$|^ld\.so\.cache$|^modules\.(?:dep|alias|symbols|softdep|builtin|devname|weakdep)
  |\.(?:dpkg|ucf)-(?:old|dist|new|tmp|bak)$|^\.[a-z_]*(?:history|lesshst|viminfo|hsts)$|^\.dockerenv$/x;
my $no_content = qr/\.(?:log|pid|lock|db|sqlite3?|db-wal|db-shm|swp)$
  |^\/etc\/(?:(?:passwd|group|shadow|gshadow|subuid|subgid)-?|mtab|machine-id|adjtime|resolv\.conf|blkid\.tab)$/x;
my $content = qr/^(?:\/etc\/|\/usr\/local\/|\/opt\/|\/root\/|\/home\/[^\/]+\/\.ssh\/|\/var\/spool\/cron\/)/;
my $with_text = qr/^(?:\/etc\/|\/usr\/local\/|\/root\/|\/var\/spool\/cron\/)/;
my $noted = qr/^\/(?:etc|var|usr\/local|opt|root|home|srv)(?:\/|$)/;
my $data = qr/^\/var\/(?:lib|spool|mail|backups)\/[^\/]+$/;
my %xattr = $Config{archname} =~ /^x86_64/ ? (list => 195, get => 192)
  : $Config{archname} =~ /^(?:aarch64|riscv64)/ ? (list => 12, get => 9)
  : $Config{archname} =~ /^(?:i.86|arm)/ ? (list => 233, get => 230) : ();

sub escape { my $s = shift; $s =~ s/([^!-\$&-~])/sprintf '%%%02X', ord $1/ge; $s }
@MERGED_USR@
my (%owner, %ucf, %ucf_sum, %choices, %name_of, %group_of);
for my $list (glob '/var/lib/dpkg/info/*.list') {
  my ($package) = $list =~ m{([^/:]+)(?::[^/]*)?\.list$} or next;
  open my $h, '<', $list or next;
  while (<$h>) {
    chomp;
    my $path = %alias ? real($_) : $_;
    my $other = $owner{$path};
    if (!defined $other) { $owner{$path} = $package }
    elsif ($other ne 'several' && $other ne $package) {
      $owner{$path} = ($other =~ tr/,//) > 2 ? 'several' : "$other,$package";
    }
  }
}
my @diverted = lines '/var/lib/dpkg/diversions';
while (my ($from, $to, $by) = splice @diverted, 0, 3) { $owner{real $to} //= $owner{real $from} // $by }
for (lines '/var/lib/ucf/registry') { my ($p, $f) = split /\s+/, $_, 2; $ucf{$f} = $p }
for (lines '/var/lib/ucf/hashfile') { my ($s, $f) = split /\s+/, $_, 2; $ucf_sum{$f} = $s }
for my $file (glob '/var/lib/dpkg/alternatives/*') {
  my ($mode, undef, @rest) = lines $file;
  my ($name) = $file =~ m{([^/]+)$};
  my @names = ($name);
  my $by_hand = $mode eq 'manual';
  while (@rest && $rest[0] ne '') { push @names, shift @rest; shift @rest }
  shift @rest;
  while (@rest && $rest[0] ne '') {
    for my $at (0 .. $#names) {
      my $path = shift @rest;
      shift @rest if !$at;
      push @{$choices{$names[$at]}}, 'manual' if $by_hand && !$choices{$names[$at]};
      push @{$choices{$names[$at]}}, $path if $path ne '';
    }
  }
}
sub absolute {
  my ($path, $to) = @_;
  $to = ($path =~ m{^(.*/)})[0] . $to if $to !~ m{^/};
  my @parts;
  for (split m{/+}, $to) { next if $_ eq '' || $_ eq '.'; if ($_ eq '..') { pop @parts } else { push @parts, $_ } }
  real '/' . join '/', @parts;
}
sub attribute {
  my ($path, $name) = @_;
  my $value = "\0" x 4096;
  my $size = syscall $xattr{get}, "$path", "$name", $value, 4096;
  $size > 0 ? unpack 'H*', substr $value, 0, $size : '';
}
sub attributes {
  my $path = shift;
  my $names = "\0" x 4096;
  my $size = syscall $xattr{list}, "$path", $names, 4096;
  return ('', '') if $size <= 0;
  $names = substr $names, 0, $size;
  (index($names, "security.capability\0") < 0 ? '' : attribute($path, 'security.capability'),
   index($names, "system.posix_acl_access\0") < 0 ? '' : attribute($path, 'system.posix_acl_access'));
}
my %type = (0100000, 'file', 0040000, 'directory', 0120000, 'link', 0010000, 'fifo',
  0140000, 'socket', 0020000, 'character device', 0060000, 'block device');
my (%fold, %parts, %tally, %count, %held, %copies, @hash, @ucf_files, @texts);
# Count a file in the direct subfolder of a folder that it is below; "." holds those of the folder.
sub count_part {
  my ($parts, $folder, $path, $files, $bytes) = @_;
  my ($sub) = substr($path, length $folder) =~ m{^/([^/]+)/};
  my $part = $parts->{$folder}{$sub // '.'} //= [0, 0];
  $part->[0] += $files;
  $part->[1] += $bytes;
}
# Look at one entry: print it, or leave it out as ordinary.
sub look {
  my ($path, $area, @s) = @_;
  my ($bits, $type, $package) = ($s[2] & 07777, $type{$s[2] & 0170000}, $owner{$path} // '');
  my $link = $type eq 'link';
  my $user = $name_of{$s[4]} //= (getpwuid $s[4])[0] // $s[4];
  my $group = $group_of{$s[5]} //= (getgrgid $s[5])[0] // $s[5];
  my ($caps, $acl) = $link || !%xattr ? ('', '') : attributes($path);
  my $special = $caps ne '' || $acl ne '' || $bits & 06000 && $type eq 'file'
    || ($bits & 02 && !($bits & 01000) && !$link);
  my $plain = !$special && !$s[4] && !$s[5] && !($bits & 06000);
  my $closed = $type eq 'file' && !($bits & 01) && $path =~ m{/s?bin/[^/]+$};
  my $here = ($package ne '' && ($link || ($plain && $bits & 04 && !$closed))) && $path !~ $noted && $path ne '/';
  if ($here) {
    print 'have ', escape($path), "\n" if !$link && $type eq 'file' && ($bits & 0111 || $path =~ m{/systemd/(?:system|user)/});
    return;
  }
  # Data below /usr that no package owns is generated by packages: caches, indexes.
  return if $package eq '' && $plain && $bits & 04 && $path =~ m{^/usr/(?!local/)}
    && ($type eq 'directory' || $type eq 'file' && !($bits & 0111));
  my ($target, $end, $target_package, $exists) = ('', '', '', '');
  if ($link) {
    $target = readlink $path;
    $end = absolute($path, $target);
    ($target_package, $exists) = ($owner{$end} // $ucf{$end} // '', -e $end ? 1 : 0);
  }
  $package = $ucf{$path} if $package eq '' && $ucf{$path};
  push @ucf_files, $path if $ucf{$path} && $type eq 'file';
  # Files that no package owns are collected by area, in case there are too many of them.
  my $held = $area ne '' && !exists $owner{$path} && !($bits & 06000 && $type ne 'directory');
  if ($held) {
    $tally{$area}{"$s[2] $s[4] $s[5]"}++;
    $count{$area}++;
    count_part(\%parts, $area, $path, 1, $s[7]) if $type ne 'directory';
  }
  my $large = '';
  if ($type eq 'file' && $path =~ $content && $path !~ $no_content) {
    if ($s[7] > @HASH_LIMIT@) { $large = $s[7] }
    else {
      push @hash, $path;
      $copies{$1}{$path} = $s[7] if $package eq '' && $path =~ m{^/(?:etc|root)/(?:.*/)?([^/]+)$};
      push @texts, $path if $s[7] <= @TEXT_LIMIT@ && $bits & 04 && $path =~ $with_text;
    }
  }
  my $which = $path =~ m{^/etc/alternatives/([^/]+)$} ? join "\n", @{$choices{$1} // []} : '';
  my $line = join(' ', 'file', map { escape($_) } $path, $type, $user, $group, sprintf('%04o', $bits),
    $package, $caps, $acl, $target, $end, $target_package, $exists, $large, $which) . "\n";
  if ($held) { push @{$held{$area}}, $line } else { print $line }
}
# A folder of the second level, such as /srv/app or /usr/local/lib.
my $areas = qr{^(/(?:usr/[^/]+|(?!usr(?:/|$))[^/]+)/[^/]+)};
sub walk {
  my @stack = map { [$_, 0, '', (lstat $_)[0]] } @_;
  while (my $next = pop @stack) {
    my ($dir, $depth, $fold, $device) = @$next;
    if (time - $start > @LIMIT@) { $stopped = 1; print 'stopped ', escape($dir), "\n"; return }
    opendir my $h, $dir or next;
    my @names = sort grep { $_ ne '.' && $_ ne '..' } readdir $h;
    closedir $h;
    my $prefix = $dir eq '/' ? '/' : "$dir/";
    if ($fold eq '' && ($dir =~ $data && $dir !~ m{/cron$} || $depth > 8
        || @names > @FOLD@ && $dir !~ m{^/etc} && @FOLD@ < grep { !exists $owner{"$prefix$_"} } @names)) {
      $fold = $dir;
      $fold{$fold} //= {};
    }
    my ($area) = $dir =~ $areas;
    for my $name (@names) {
      next if $name =~ $skip_name || ($dir eq '/var/log' && $name =~ /\.(?:\d+|gz|xz|zst|old)$|-\d{8}/);
      my $path = "$prefix$name";
      my @s = lstat $path or next;
      my $directory = ($s[2] & 0170000) == 0040000;
      next if $s[0] != $device && !$directory;
      my $whole = $fold ne '' ? $fold : $count{$area} > @RECORDS@ ? $area : '';
      if ($whole ne '' && !exists $owner{$path} && ($directory || !($s[2] & 06000))) {
        $fold{$whole}{"$s[2] $s[4] $s[5]"}++;
        count_part(\%parts, $whole, $path, 1, $s[7]) if !$directory;
      }
      else { look($path, $area, @s) }
      push @stack, [$path, $depth + 1, $fold, $device]
        if $directory && $s[0] == $device && !$prune{$path} && $name !~ $prune_name && $dir ne '/var/log';
    }
  }
}
my @disks = ('/');
for (lines '/proc/self/mountinfo') {
  my ($point, $kind) = m{^\S+ \S+ \S+ \S+ (\S+) .* - (\S+) } or next;
  $point =~ s/\\([0-7]{3})/chr oct $1/ge;
  push @disks, $point if $kind =~ /^(?:ext[234]|xfs|btrfs|f2fs|jfs|reiserfs|vfat|zfs|bcachefs)$/
    && $point ne '/' && $point !~ m{^/(?:proc|sys|dev|run|tmp|snap|var/lib/docker|var/cache)(?:/|$)} && -d $point;
}
my %seen;
look('/', '', lstat '/');
walk(grep { !$seen{$_}++ } @disks);
my %over = map { $_ => 1 } grep { $count{$_} > @RECORDS@ } keys %count;
sub area_of { my ($area) = $_[0] =~ $areas; $area // '' }
sub small { grep { my $area = area_of($_); !$over{$area} || $area eq $_ } @_ }
sub add { my ($to, $from) = @_; $to->{$_} += $from->{$_} for keys %$from }
for my $area (keys %held) { print @{$held{$area}} if !$over{$area} }
add($fold{$_} //= {}, $tally{$_}) for keys %over;
for my $fold (keys %fold) {
  my $area = area_of($fold);
  next if !$over{$area} || $area eq $fold;
  add($fold{$area}, delete $fold{$fold});
  count_part(\%parts, $area, "$fold/", @$_) for values %{$parts{$fold}};
}
@hash = small @hash;
@texts = small @texts;
for my $fold (keys %fold) {
  my ($count, %owners, %modes) = (0);
  for my $kind (keys %{$fold{$fold}}) {
    my ($mode, $uid, $gid) = split / /, $kind;
    my $type = $type{$mode & 0170000};
    $count += $fold{$fold}{$kind};
    $owners{(getpwuid($uid) // $uid) . ':' . (getgrgid($gid) // $gid)} = 1;
    $modes{sprintf '%s %04o', $type, $mode & 07777} = 1 if $type =~ /^(?:file|directory)$/;
  }
  print join(' ', 'fold', escape($fold), $count,
    escape(join ',', sort keys %owners), escape(join ',', sort keys %modes)), "\n";
  my $parts = $parts{$fold} // {};
  my @most = sort { $parts->{$b}[0] <=> $parts->{$a}[0] || $a cmp $b } keys %$parts;
  splice @most, @PARTS@ if @most > @PARTS@;
  print join(' ', 'parts', escape($fold), map { (escape($_), @{$parts->{$_}}) } @most), "\n" if @most;
}
sub sums {
  my ($tool, $word, @paths) = @_;
  return if !@paths;
  my $pid = open my $out, '-|';
  if (!$pid) {
    open my $in, '|-', "timeout @LIMIT@ xargs -0 $tool -z -- 2>/dev/null" or exit 1;
    print $in join("\0", @paths), "\0";
    close $in;
    exit 0;
  }
  local $/ = "\0";
  while (<$out>) { chomp; my ($sum, $path) = /^([0-9a-f]+) [ *](.*)$/s or next; print "$word ", escape($path), " $sum\n" }
}
$| = 1;
sums('sha256sum', 'sum', @hash);
# A file that no package owns may be a copy of one that a package brings as a model.
my @models;
for my $path (keys %owner) {
  next if index $path, '/usr/share/';
  my ($name) = $path =~ m{/(?:dot(?=\.))?([^/]+)$};
  my $found = $copies{$name} or next;
  my $size = -s $path;
  for my $copy (grep { $found->{$_} == $size } keys %$found) {
    push @models, $path;
    print join(' ', 'model', escape($copy), escape($path), escape($owner{$path})), "\n";
  }
}
sums('sha256sum', 'sum', @models);
sums('md5sum', 'ucf', grep { $ucf_sum{$_} } @ucf_files);
print 'brought ', escape($_), " $ucf_sum{$_}\n" for grep { $ucf_sum{$_} } @ucf_files;
for my $path (@texts) {
  sysopen my $h, $path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW or next;
  -f $h or next;
  my $got = sysread $h, my $text, @TEXT_LIMIT@ + 1;
  next if !$got || $got > @TEXT_LIMIT@ || $text =~ /\0/;
  last if ($text_left -= $got) < 0;
  my $base64 = pack 'u', $text;
  $base64 =~ s/^.//mg; $base64 =~ s/\n//g; $base64 =~ tr#` -_#AA-Za-z0-9+/#;
  my $padding = (3 - $got % 3) % 3;
  $base64 =~ s/.{$padding}$/'=' x $padding/e if $padding;
  print 'text ', escape($path), " $base64\n";
}
