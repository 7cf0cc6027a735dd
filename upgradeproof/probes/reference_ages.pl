# Which files systemd deletes at some age. A part of references.pl.
my $cleaner = '/etc/systemd/system/systemd-tmpfiles-clean.timer';
my $data = qr{\.(?:db|sqlite3?|dat|rdb|mdb)$}; # files that a program keeps, outside of a folder of its own
my @cleaned; # type, path, age and file of each line
sub read_ages {
  return if @cleaned || (readlink $cleaner // '') eq '/dev/null';
  open my $lines, '-|', 'systemd-tmpfiles --cat-config 2>/dev/null' or return;
  my $file = '';
  while (<$lines>) {
    if (m{^# (/\S+\.conf)$}) { $file = $1 }
    elsif (/^([dDeqQvCxX])\S*\s+"?(\/[^\s"]+)"?(?:\s+\S+\s+\S+\s+\S+\s+(\S+))?/) { push @cleaned, [$1, $2, $3 // '-', $file] }
  }
  close $lines;
}
sub deleted_by { # the most exact line decides
  my ($path) = @_;
  my ($type, $age, $file, $length) = ('', '-', '', 0);
  for (@cleaned) {
    (my $pattern = quotemeta $_->[1]) =~ s{\\\*}{[^/]*}g;
    ($type, $age, $file, $length) = ($_->[0], $_->[2], $_->[3], length $_->[1])
      if length $_->[1] > $length && $path =~ m{^$pattern(?:/|$)};
  }
  return $type =~ /^[xX]?$/ || $age eq '-' && $type ne 'D' ? '' : $age eq '-' ? "at each boot ($file)" : "after $age without use ($file)";
}
sub stored { # kind, what, file, line, there, by what it is deleted; nothing where no data is
  my ($path, $file, $line) = @_;
  return unless -d $path ? grep { -f && -s _ } glob "\Q$path\E/{*,*/*}" : $path =~ $data && -f $path;
  read_ages();
  my $by = deleted_by($path);
  return ['stored', $path, $file, $line, $by eq '' ? 1 : 0, $by];
}
