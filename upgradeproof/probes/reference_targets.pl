# What a name of the administrator's files means, and where it is found. A part of references.pl.
use strict; use warnings;
my @path = qw(/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin);
my @unit_folders = ((map { "$_/systemd/system" } qw(/etc /run /usr/local/lib /usr/lib /lib)),
  glob '/run/systemd/generator /run/systemd/generator.early /run/systemd/generator.late');
my $verb = 'start|stop|restart|reload|try-restart|reload-or-restart|try-reload-or-restart|force-reload|kill|is-active';
my $dependency = 'Requires|Requisite|BindsTo|PartOf|Wants|Upholds|After|Before|OnFailure|OnSuccess|Unit|Sockets|Service';

sub command_path { # in the folders that the file itself puts into PATH, then in those of root
  my ($name, @first) = @_;
  for (@first, @path) { return "$_/$name" if -f "$_/$name" && -x _ }
  return '';
}
sub homes {
  my %homes = ('/root' => 1);
  open my $users, '<:raw', '/etc/passwd' or return '/root';
  while (my $user = <$users>) { my $home = (split /:/, $user)[5]; $homes{$home} = 1 if defined $home && $home =~ m{^/\w.*\w$} && keys %homes < 500 }
  close $users;
  return sort keys %homes;
}
sub units_named { # by a unit's dependencies, and by what starts, reloads or stops it
  my ($file, $text) = @_;
  my @words;
  if ($file =~ m{^/etc/systemd/system/} && $text =~ /^\s*(?:$dependency)\s*=\s*(.+)/) { @words = split ' ', $1 }
  push @words, split ' ', $1 while $text =~ /\bsystemctl\s+(?:-\S+\s+)*(?:$verb)\s+((?:-\S+\s+)*[\w\@.:-]+(?:[ \t]+[\w\@.:-]+)*)/g;
  push @words, $1 while $text =~ m{\b(?:service|invoke-rc\.d)\s+(?:-\S+\s+)*([\w\@.-]+)\s+(?:$verb|status|rotate)\b}g;
  my %named;
  for (grep { /^\w[\w\@.:-]*$/ } @words) { $named{/\.(?:service|socket|timer|target|path|mount)$/ ? $_ : "$_.service"} = 1 }
  return sort keys %named;
}
sub unit_path {
  my ($name) = @_;
  (my $template = $name) =~ s/\@[^@]*(\.\w+)$/\@$1/;
  for my $unit ($name, $template) { for (@unit_folders) { return "$_/$unit" if -e "$_/$unit" } }
  my ($script) = $name =~ /^(.*)\.service$/;
  return defined $script && -e "/etc/init.d/$script" ? "/etc/init.d/$script" : '';
}
sub process_path { # a file that holds the number of a process which runs
  my ($name) = @_;
  open my $handle, '<', $name or return '';
  my $number = <$handle>;
  return defined $number && $number =~ /^\s*(\d+)\s*$/ && -d "/proc/$1" ? $name : '';
}
sub releases_named { # in apt's settings and pins
  my ($text) = @_;
  return $text =~ /(?:\b(?:n|a|codename|suite|archive)=|\bDefault-Release[\s"]+)([a-z][\w.-]*)/g;
}
my $offered;
sub release_offered {
  my ($name) = @_;
  if (!defined $offered) {
    $offered = {};
    for my $index (glob '/var/lib/apt/lists/*Release') {
      open my $lines, '<:raw', $index or next;
      while (my $line = <$lines>) {
        last if $line =~ /^(?:MD5Sum|SHA256):/;
        $offered->{$1} = $index if $line =~ /^(?:Suite|Codename):\s*(\S+)/;
      }
      close $lines;
    }
  }
  return $offered->{$name} || '';
}

# What a setting of any program passes to a shell: a value of a setting that is called a command, the
# text after `sh -c`, and a value with a pipe to a filter of texts.
my $command_setting = qr{(?<![A-Za-z])(?i:command|cmd|exec|script|hook|program|action|notify|(?:pre|post)[-_]?(?:up|down|invoke|start|stop))
  |(?<=[a-z])(?:Command|Cmd|Exec|Script|Hook|Program|Action)}x;
my $filter = qr{(?:e?grep|awk|sed|wc|cut|head|tail|sort|uniq|tr|xargs|tee|logger|mail)};
sub shell_texts {
  my ($text) = @_;
  my @found;
  push @found, $2 while $text =~ /\b(?:ba|da)?sh\s+-c\s+(["'])(.*?)(?<!\\)\1/g;
  push @found, $1 if $text =~ m{^\s*[\w.:-]*?$command_setting\w*(?:\[[^\]]*\])?\s*(?:[+:]?=|:|\{|\s)\s*[\[("'\s]*([a-z][^"']*)};
  push @found, $1 if $text =~ m{(?:^|[=:,"'])\s*([a-z][^=,:"']*[^|\s])\s+\|\s+$filter\b};
  return @found;
}

sub also_named { # kind and name, of what only some files name
  my ($file, $text) = @_;
  my @named = map { ['unit', $_] } units_named($file, $text);
  push @named, map { ['release', $_] } releases_named($text) if $file =~ m{^/etc/apt/};
  push @named, map { ['variable', $_] } variable_set($text) if $file =~ m{^/etc/default/} && !written_by_dpkg($file);
  return @named, map { ['plugin', $_] } plugins_named($file, $text);
}
