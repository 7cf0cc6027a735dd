# Set the server's owners and modes on files of packages, and remove files that the server lacks.
use strict; no warnings;
my ($manifest) = @ARGV;
sub unescape { my $s = shift; $s =~ s/%([0-9A-F]{2})/chr hex $1/ge; $s }
my (%known, %package, @gone);
open my $h, '<', $manifest or die "no manifest: $!\n";
while (<$h>) {
  chomp;
  next if /^#/ || !/\S/;
  my ($type, $mode, $owner, $group, $path) = map { unescape($_) } split /\t/;
  $known{$path} = $type;
  if ($type eq 'missing') { push @gone, $path; next }
  my @s = lstat $path;
  if (!@s && $type eq 'state' && $path =~ m{^/var/[^/]+/[^/]+$} && mkdir $path) { @s = lstat $path }
  if (!@s) { print "$path: not in the twin\n" if $type !~ /derived|state/; next }
  next if $type =~ /link/;
  my ($user, $team) = ((getpwnam $owner)[2] // $owner, (getgrnam $group)[2] // $group);
  if ("$user $team" =~ /[^0-9 ]/) { print "$path: there is no $owner:$group in the twin\n"; next }
  chown $user, $team, $path if $s[4] != $user || $s[5] != $team;
  chmod oct $mode, $path if ($s[2] & 07777) != oct $mode || $s[4] != $user;
}
for my $list (glob '/var/lib/dpkg/info/*.list') {
  open my $in, '<', $list or next;
  while (<$in>) { next if !m{^/(?:etc|usr/local)/}; chomp; $package{$_} = 1 }
}
sub clear {
  my $dir = shift;
  opendir my $in, $dir or return;
  for my $name (grep { $_ ne '.' && $_ ne '..' } readdir $in) {
    my $path = "$dir/$name";
    next if $path =~ $own || $path =~ m{^/etc/(?:ssl/certs|apt|initramfs-tools)(?:/|$)|/systemd-networkd\.(?:service|socket)$};
    my $folder = -d $path && !-l $path;
    clear($path) if $folder;
    next if $known{$path} || $package{$path};
    if ($folder ? rmdir $path : unlink $path) { print "$path: removed, it is not on the server\n" }
  }
}
clear($_) for qw(/etc /usr/local);
for my $path (@gone) { print "$path: removed, as on the server\n" if unlink $path }
