# Folders of /etc with files of the administrator's, and whether a package still reads them: it brings
# the folder, or one of its programs has the folder's name. A part of references.pl.
use strict; use warnings;
my $most_files = 500; my $largest_file = 20_000_000;

sub folder_in { # of a file, below the folder that a package has in /etc
  my ($file) = @_;
  return $file =~ m{^(/etc/[^/]+/\S+)/[^/]+$} ? $1 : '';
}
my (%named_by, %programs_of);
sub folder_reader {
  my ($folder, $owned) = @_;
  my ($top, $name) = $folder =~ m{^(/etc/[^/]+)/(?:.*/)?([^/]+)$} or return '';
  return $folder if $owned->{$folder};
  return $named_by{"$top $name"} //= named_in($name, @{ $programs_of{$top} //= [programs_of($top)] });
}
sub programs_of { # the packages that bring a folder of /etc
  my ($top) = @_;
  my @found;
  for my $list (lists()) {
    my $all = slurp($list);
    next if index($all, "\n$top\n") < 0;
    push @found, grep { -f && -s _ < $largest_file } $all =~ m{^(/(?:usr/)?(?:s?bin|lib|libexec)/.+)$}mg;
  }
  return splice @found, 0, $most_files;
}
sub named_in {
  my ($name, @programs) = @_;
  return '' if !@programs;
  open my $lines, '-|', 'grep', '-lsF', '-m', '1', '--', $name, @programs or return $name;
  my $found = <$lines> // '';
  close $lines;
  chomp $found;
  return $found;
}
