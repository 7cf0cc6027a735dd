# Folders of /etc with files of the administrator's, and whether a package still reads them: it brings
# the folder, or a program has its name. A part of references.pl.
use strict; use warnings;
my $longest_search = 8; # seconds; what was not found by then counts as read

sub folder_in { # of a file, below the folder that a program has in /etc
  my ($file) = @_;
  return $file =~ m{^(/etc/[^/]+/\S+)/[^/]+$} ? $1 : '';
}
my %named_by;
sub folder_reader {
  my ($folder, $owned) = @_;
  my ($top, $name) = $folder =~ m{^(/etc/[^/]+)/(?:.*/)?([^/]+)$} or return $folder;
  return $folder if $owned->{$folder} || !$owned->{$top};
  $named_by{$name} //= named_in_programs($name);
  return $named_by{$name};
}
sub named_in_programs {
  my ($name) = @_;
  my @places = grep { -d } qw(/usr/bin /usr/sbin /usr/lib /usr/libexec);
  my $found = '';
  open my $lines, '-|', 'timeout', $longest_search, 'grep', '-rlsF', '-m', '1', '--', $name, @places or return $name;
  while (<$lines>) { chomp; $found = $_; last }
  return $found if close($lines) || $found ne '';
  return $? >> 8 == 1 ? '' : $name;
}
