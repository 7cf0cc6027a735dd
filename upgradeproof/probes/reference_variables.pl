# Which variables of /etc/default are still read, and by what. A part of references.pl.
# A reader is a unit with the scripts that it starts, an init script without a native unit, a script of
# cron's or of the network's, or a script in PATH; it counts if it names the file and the variable.
use strict; use warnings;
my @native = map { "$_/systemd/system" } qw(/etc /run /usr/local/lib /usr/lib /lib);
my $largest = 262_144;

sub whole { # of a text file
  my ($file) = @_;
  return '' if !-f $file || -s _ > $largest;
  open my $handle, '<:raw', $file or return '';
  local $/;
  my $all = <$handle>;
  return defined $all && index($all, "\0") < 0 ? $all : '';
}
sub script_text {
  my ($file) = @_;
  open my $handle, '<:raw', $file or return '';
  my $head = '';
  read $handle, $head, 2;
  return $head eq '#!' ? whole($file) : '';
}
my $readers;
sub readers { # path and text of whatever names a file of /etc/default
  return $readers if $readers;
  $readers = {};
  for my $unit (map { glob "$_/*.service $_/*.service.d/*.conf" } @native) {
    my $text = whole($unit);
    my @started = $text =~ m{^Exec\w+\s*=\s*[-\@:+!|]*(/\S+)}mg;
    $readers->{$unit} = join "\n", $text, map { script_text($_) } @started;
  }
  for my $script (glob '/etc/init.d/*') {
    my ($name) = $script =~ m{([^/]+)$};
    $readers->{$script} = whole($script) unless -d '/run/systemd/system' && grep { -e "$_/$name.service" } @native;
  }
  $readers->{$_} = whole($_) for glob '/etc/cron.*/* /etc/network/if-*/* /etc/ppp/*/* /etc/logrotate.d/*';
  $readers->{$_} ||= script_text($_) for grep { !-l } glob '/usr/sbin/* /usr/bin/* /usr/local/sbin/* /usr/local/bin/*';
  delete $readers->{$_} for grep { $readers->{$_} !~ m{etc/default} } keys %$readers;
  return $readers;
}
sub variable_set { # in a line of a file of /etc/default
  my ($text) = @_;
  return $text =~ /^\s*(?:export\s+)?([A-Z][A-Z0-9_]{2,})=(["']?)[^\s"']/ ? $1 : ();
}
sub variable_reader {
  my ($variable, $file) = @_;
  my ($name) = $file =~ m{([^/]+)$};
  my $all = readers();
  for my $path (sort keys %$all) {
    return $path if $all->{$path} =~ m{etc/default/(?:\Q$name\E(?![\w.-])|["']?[\$%])} && $all->{$path} =~ /\b\Q$variable\E\b/;
  }
  return '';
}
my $busy;
sub written_by_dpkg { # a package made the file, and no administrator touched it since
  my ($file) = @_;
  my $time = (stat $file)[9] or return 0;
  if (!$busy) {
    $busy = {};
    for my $log ('/var/log/dpkg.log', '/var/log/dpkg.log.1') {
      open my $lines, '<:raw', $log or next;
      while (my $line = <$lines>) { $busy->{"$1 $2"} = 1 if $line =~ /^(\S{10}) (\S{8}) / }
      close $lines;
    }
  }
  my $at = sub {
    my @now = localtime($time + $_[0]);
    return $busy->{sprintf '%d-%02d-%02d %02d:%02d:%02d', $now[5] + 1900, $now[4] + 1, @now[3, 2, 1, 0]};
  };
  return (grep { $at->(-$_) } 0 .. 3) && (grep { $at->($_) } 1 .. 3) ? 1 : 0;
}
