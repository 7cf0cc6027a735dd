# List the files of packages whose content was changed since; see edited_files.py.
#
# To hash all files of all packages takes seconds. dpkg gives a file the time that it has in the
# package, which is older than the installation: a file that was written later is newer than its
# package's list. An edit may set the old time back, so that /etc and the units are always compared.
# The time of an inode is of no use: in a container's image all inodes are new.
use strict; no warnings; use POSIX ();
my $info = '/var/lib/dpkg/info';
my $area = qr{^(?:etc|usr|opt|srv|bin|sbin|lib\w*)/};
my $always = qr{^/(?:etc|(?:usr/)?lib/systemd/(?:system|user))/};
my $left_out = qr{^usr/share/(?:doc|man|locale|info)/};
@MERGED_USR@
my (%diverted, %conffile);
my @diversions = lines '/var/lib/dpkg/diversions';
while (my ($from, $to, $by) = splice @diversions, 0, 3) { $diverted{real $from} = [real($to), $by] }
for my $file (glob "$info/*.conffiles") { $conffile{real $_} = 1 for lines $file }
# Return where a file of a package is on the disk.
sub place {
  my ($package, $path) = @_;
  my $to = $diverted{$path = real $path};
  $to && $to->[1] ne $package ? $to->[0] : $path;
}
my %of = map { m{([^/]+)\.md5sums$} ? ($1 => $_) : () } glob "$info/*.md5sums";
my (%candidate, %sums, %packages);
for my $name (keys %of) {
  my ($package) = split /:/, $name;
  my $listed = (stat "$info/$name.list")[9] or next;
  open my $h, '<', $of{$name} or next;
  while (<$h>) {
    my ($sum, $path) = /^([0-9a-f]{32})  (.+)/ or next;
    next if $path !~ $area || $path =~ $left_out;
    $path = "/$path";
    $path = place($package, $path) if %diverted && $diverted{real $path};
    my @s = lstat $path or next;
    next if ($s[2] & 0170000) != 0100000;
    $candidate{real $path} = 1 if $s[9] >= $listed || $path =~ $always;
  }
}
delete @candidate{keys %conffile};
exit 0 if !%candidate;
# A file that moved to another package is still in the sums of the package that had it.
for my $name (keys %of) {
  my ($package) = split /:/, $name;
  for (lines $of{$name}) {
    my ($sum, $path) = /^([0-9a-f]{32})  (.+)/ or next;
    my $place = place($package, "/$path");
    next if !$candidate{$place};
    $sums{$place}{$sum} = 1;
    push @{$packages{$place}}, $name;
  }
}
my %edited;
my $pid = open my $out, '-|';
if (!$pid) {
  open my $in, '|-', 'timeout 60 xargs -0 md5sum -z -- 2>/dev/null' or exit 1;
  print $in join("\0", sort keys %candidate), "\0";
  close $in;
  exit 0;
}
{
  local $/ = "\0";
  while (<$out>) {
    chomp;
    my ($sum, $path) = /^([0-9a-f]{32}) [ *](.*)$/s or next;
    $edited{$path} = $sum if !$sums{$path}{$sum};
  }
}
exit 0 if !%edited;
# When dpkg configured the packages of these files, by its log: a name, and [start, end] in seconds.
my (%runs, %began);
my %wanted = map { ((split /:/)[0], 1) } map { @{$packages{$_}} } keys %edited;
sub seconds {
  my ($year, $month, $day, $hour, $minute, $second) = shift =~ /(\d+)/g;
  POSIX::mktime($second, $minute, $hour, $day, $month - 1, $year - 1900, 0, 0, -1);
}
my @logs = sort { -M $b <=> -M $a } glob '/var/log/dpkg.log*';
for my $log (@logs) {
  open my $h, $log =~ /\.gz$/ ? ('-|', 'gzip', '-dc', $log) : ('<', $log) or next;
  while (<$h>) {
    my ($at, $what, $package) =
      /^(\S+ \S+) (configure|trigproc|status (?:installed|triggers-\w+)) ([^ :]+)/ or next;
    next if !$wanted{$package};
    if ($what =~ /^status/) {
      push @{$runs{$package}}, [$began{$package}, seconds $at] if $began{$package};
      delete $began{$package};
    }
    else { $began{$package} = seconds $at }
  }
}
# Return whether a script of a package names a file.
sub named {
  my ($name, $path) = @_;
  my ($file) = $path =~ m{([^/]+)$};
  for my $script (map { "$info/$name.$_" } qw(preinst postinst config triggers)) {
    my $text = join "\n", lines $script;
    return 1 if $text =~ m{(?<![\w.-])\Q$file\E(?![\w-])};
  }
  0;
}
# Return whether a package's own script wrote the file, when the package was configured. The log has
# whole seconds: in the last one, an administrator may have edited the file, too.
sub generated {
  my ($name, $path) = @_;
  my ($package) = split /:/, $name;
  my $at = (lstat $path)[9];
  my $listed = (stat "$info/$name.list")[9];
  my $named = named($name, $path);
  return $named && $at >= $listed && $at <= $listed + @UNLOGGED@ if !$runs{$package};
  for (@{$runs{$package}}) {
    my ($start, $end) = @$_;
    return 1 if -e "$info/$name.postinst" && $at >= $start && ($at < $end || $at == $end && $named);
  }
  0;
}
for my $path (sort keys %edited) {
  next if $path =~ /[\x00-\x1f\x7f]/;
  my @owners = @{$packages{$path}};
  my @having = grep { my $name = $_; my ($p) = split /:/; grep { place($p, $_) eq $path } lines "$info/$name.list" } @owners;
  @owners = @having if @having;
  next if grep { generated($_, $path) } @owners;
  my %names = map { ((split /:/)[0], 1) } @owners;
  print join("\t", 'edited', join(',', sort keys %names), $edited{$path}, $path), "\n";
}
