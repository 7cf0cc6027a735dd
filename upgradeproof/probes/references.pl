# Prints what the administrator's files name, and whether it is there now. One line each:
# kind, what, file, line, 1 or 0, where it was found, its package; separated by tabs.
# Modules of perl-base only. Text is handled as bytes.
use strict; use warnings; no warnings qw(utf8 recursion once);
use Cwd ();
my $limit_files = MAXIMUM_FILES; my $deadline = time + MAXIMUM_S; my $limit_entries = 40_000;
my $maximum_size = MAXIMUM_BYTES; my $limit_records = MAXIMUM_RECORDS;
my $info = '/var/lib/dpkg/info';
my ($cut, $entries) = ('', 0);
my (@links, %owned, %sum, %seen, @records, %environment, %folders_of);

# --- which files are the administrator's -----------------------------------------------------------

sub slurp {
  my ($file) = @_;
  open my $handle, '<:raw', $file or return '';
  local $/; my $all = <$handle>; close $handle;
  return defined $all ? $all : '';
}
sub lists { my @all = glob("$info/*.list"); return @all }
for my $list (lists()) {
  my $all = slurp($list);
  $owned{$1} = 1 while $all =~ m{^(/(?:etc|opt|srv|root|usr/local|var/lib)/.*)$}mg;
  plugin_in($1) while $all =~ m{^(/\S+\.so)$}mg;
}
{ my $status = slurp('/var/lib/dpkg/status');
  $sum{$1} = $2 while $status =~ m{^ (/\S.*?) ([0-9a-f]{32})(?: .*)?$}mg;
  my $ucf = slurp('/var/lib/ucf/hashfile');
  while ($ucf =~ m{^([0-9a-f]{32})\s+(/\S.*)$}mg) { $sum{$2} = $1 unless $owned{$2} } }

my $pruned = qr{^(?:site-packages|dist-packages|node_modules|gems|\.git|\.svn|\.cache|__pycache__|doc|man|locale|include)$};
my $ignored = qr{(?:\.(?:dpkg-\w+|ucf-\w+|bak|orig|old|swp|pem|crt|key|pub|gpg|asc|gz|xz|bz2|zip|so|pyc|html?|css|js|md|svg|png)|~|-)$}i;
my $generated = qr{^/etc/(?:alternatives/|ssl/certs/|rc\w\.d/|ld\.so\.cache$|machine-id$|(?:passwd|group|shadow|gshadow|subuid|subgid)|mtab$|mailcap$|\.pwd\.lock$|moduli$|ca-certificates\.conf$|selinux/|ssh/moduli$|ssh/ssh_host|init\.d/\.depend|udev/hwdb\.bin$|console-setup/cached)};

sub walk {
  my ($folder, $depth, $visit) = @_;
  if (++$entries > $limit_entries || time > $deadline) { $cut ||= 'too many'; return }
  opendir my $handle, $folder or return;
  my @names = grep { $_ ne '.' && $_ ne '..' && !/[\t\n\r]/ } readdir $handle;
  closedir $handle;
  if (grep { $_ eq 'pyvenv.cfg' } @names) { $environment{$folder} = 1 if -f "$folder/pyvenv.cfg"; return }
  for my $name (sort @names) {
    my $full = "$folder/$name";
    my @stat = lstat $full or next;
    if (-d _) { walk($full, $depth - 1, $visit) if $depth > 1 && $name !~ $pruned && $full !~ /^\/etc\/ssl\/certs$/ }
    elsif (-l _) { push @links, $full if $visit && !$owned{$full} && $full !~ $generated && $full !~ m{^/etc/systemd/} }
    elsif (-f _ && $visit) { $entries++; $visit->($full, $name, $stat[7]) }
  }
}
my (@candidates, @checked);
sub candidate {
  my ($file, $name, $size) = @_;
  return if $size == 0 || $size > $maximum_size || $name =~ $ignored || $file =~ $generated;
  if (exists $sum{$file}) { push @checked, $file; return }
  push @candidates, $file unless $owned{$file};
}
my $configuration = qr{\.(?:conf|cfg|cnf|ini|env|ya?ml|toml|sh|py|pl|service|timer|socket|properties|rules|list)$};
sub script_or_setting { # a file below a folder that also holds programs and data
  my ($file, $name, $size) = @_;
  return if $size > $maximum_size || $owned{$file};
  return program_of_application($file, $name, $size) if $name =~ $source;
  if ($name !~ $configuration) {
    open my $handle, '<:raw', $file or return;
    my $head = ''; read $handle, $head, 2; close $handle;
    return if $head ne '#!';
  }
  candidate($file, $name, $size);
}
walk('/etc', 7, \&candidate);
walk($_, 2, \&candidate) for qw(/var/spool/cron/crontabs);
for my $home (homes()) { for my $name (qw(.ssh/authorized_keys .ssh/authorized_keys2 .forward .procmailrc)) {
  candidate("$home/$name", $name, -s _) if -f "$home/$name" && !-l "$home/$name" } }
walk($_, 5, \&script_or_setting) for qw(/usr/local/bin /usr/local/sbin /usr/local/lib /root/bin /opt /srv);
# Files that a daemon wrote for the administrator, such as by a command that saves a setting.
for my $folder (grep { !m{/(?:dpkg|apt|docker|containerd|containers|lxc|lxd|snapd|systemd|ucf|machines|flatpak)$} } glob '/var/lib/*') {
  walk($folder, 3, sub { candidate(@_) if $_[1] =~ /\.conf$/ }) if -d $folder && !-l $folder;
}
walk($_, 4, \&program_of_application) for qw(/home /var/www);
if (@checked && open my $sums, '-|', 'md5sum', '--', @checked) {
  while (<$sums>) { push @candidates, $2 if m{^\\?([0-9a-f]{32})  (/.*)$} && $sum{$2} && $1 ne $sum{$2} }
  close $sums;
}

# --- what they name --------------------------------------------------------------------------------

sub note {
  my ($kind, $what, $file, $line) = @_;
  return if length $what > 200 || $seen{"$file\0$kind\0$what"}++;
  if (@records >= $limit_records) { $cut ||= 'too many'; return }
  push @records, [$kind, $what, $file, $line];
}

sub shell {
  my ($file, $source, $first) = @_;
  my @found = commands($source, $first);
  note('command', $_->[0], $file, $_->[1]) for @found;
  note('option', $_->[0], $file, $_->[1]) for options_in($source, $first, @found);
}

my $regions = 'Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific|US';
my $not_lasting = qr{^/(?:(?:proc|sys|dev|var/(?:log|cache|lock)|run/lock)(?:/|$)|(?:var/)?tmp$)};
sub names { # paths, zones and users, in a line of any file
  my ($file, $line, $text) = @_;
  my ($setting) = $text =~ /^\s*["']?([\w.-]+)["']?\s*[=:]/; # a secret may look like a path
  return if defined $setting && $setting =~ /pass|pwd|secret|token|credential|private|api_?key/i && $setting !~ /file|path|dir/i;
  while ($text =~ m{(?<![\w/.\$\}~*)])(/[A-Za-z0-9_.@+][A-Za-z0-9_.+@=,~/-]*)([*?\[\$%\{]?)}g) {
    my ($what, $more) = ($1, $2);
    if ($more ne '') { $what =~ s{/[^/]*$}{} } else { $what =~ s{[.,=~-]+$}{} }
    $what =~ s{/+$}{};
    next if length $what < 2 || $what =~ $not_lasting || $what eq $file;
    note($what !~ m{^/(?:var/)?run/} ? 'path' : $what =~ /\.pid$/ ? 'process' : 'socket', $what, $file, $line);
    note('stored', $what, $file, $line) if $what =~ m{^/(?:var/)?tmp/.};
    $environment{$1} = 1 if $what =~ m{^(/.+)/bin/python[\d.]*$} && -f "$1/pyvenv.cfg";
  }
  note('zone', $1, $file, $line) while $text =~ m{(?<![\w/.-])((?:$regions)/[A-Z][A-Za-z0-9_+-]*(?:/[A-Z][A-Za-z_-]*)?)(?![\w/])}g;
  note('zone', $1, $file, $line) if $text =~ m{\b(?:TZ|\w*timezone)\b\s*[=:]\s*["']?([A-Z][A-Za-z0-9+-]+)["']?\s*$}i;
  note('user', $1, $file, $line) if $text =~ m{^\s*(?:User|user)\s*[=\s]\s*"?([a-z_][a-z0-9_-]*)"?\s*(?:;|$)};
  $python_of{$2} = $1 while $text =~ m{([\w./-]*\bpython[\d.]*)\s+(?:-\S+\s+)*(/\S+\.py)\b}g;
}
sub perl_source {
  my ($file, @lines) = @_;
  my $number = 0;
  for my $text (@lines) {
    $number++;
    last if $text =~ /^__(?:END|DATA)__/;
    note('perl', $1, $file, $number) if $text =~ /^\s*(?:use|require)\s+([A-Z]\w*(?:::\w+)*)\s*[;(q'"0-9]/;
  }
}
sub crontab {
  my ($file, $number, $text, $user) = @_;
  return unless $text =~ /^\s*(?:\@\w+|(?:[\d*][^\s=]*\s+){4}\S+)\s+(\S.*)$/;
  my $rest = $1;
  if ($user) { $rest =~ s/^(\S+)\s+// or return; note('user', $1, $file, $number) }
  $rest =~ s/(?<!\\)%.*//;
  shell($file, $rest, $number);
}
sub read_file {
  my ($file) = @_;
  my $all = slurp($file);
  return if $all eq '' || index(substr($all, 0, 4096), "\0") >= 0;
  my @lines = split /\n/, $all, -1;
  my $language = $file =~ /\.py$/ ? 'python' : $file =~ m{/profile\.d/.*\.sh$|^/etc/(?:profile|bash\.bashrc|rc\.local)$} ? 'sh' : $sources{$file} ? 'other' : '';
  if ($lines[0] =~ m{^#!\s*(/\S+)(?:\s+-S)?\s*(\S*)}) {
    my ($program, $argument) = ($1, $2);
    note('interpreter', $program, $file, 1);
    if ($program =~ m{/env$} && $argument =~ /^[\w.+-]+$/) { note('command', $argument, $file, 1); $program = $argument }
    $language = $program =~ m{(?:^|/)(?:ba|da|k|mk|z|a)?sh$} ? 'sh' : $program =~ /python[\d.]*$/ ? 'python' : $program =~ m{(?:^|/)perl$} ? 'perl' : 'other';
    $interpreter_of{$file} = $program if $language eq 'python';
  }
  my $cron = $file =~ m{^/etc/(?:crontab$|cron\.d/)} ? 2 : $file =~ m{^/var/spool/cron/} ? 1 : 0;
  my ($number, $block, $from) = (0, undef, 0);
  for my $text (@lines) {
    $number++;
    next if $number == 1 && $text =~ /^#!/;
    if (defined $block) {
      if ($text =~ /^\s*endscript/) { shell($file, $block, $from); undef $block } else { $block .= "$text\n" }
    } elsif ($file =~ m{^/etc/logrotate} && $text =~ /^\s*(?:post|pre|first|last)(?:rotate|action)\b/) { ($block, $from) = ('', $number + 1) }
    next if $text =~ m{^\s*(?:#|;|//|--)};
    if ($file =~ m{/authorized_keys2?$}) { # the rest of the line is a key
      $text =~ /\bcommand="((?:[^"\\]|\\.)*)"/ or next;
      names($file, $number, $1); shell($file, $1, $number); next;
    }
    (my $plain = $text) =~ s/\s#\s.*//;
    names($file, $number, $plain);
    note(@$_, $file, $number) for also_named($file, $plain);
    push @{ $folders_of{$file} }, grep { m{^/} } split /:/, $1
      if $plain =~ /^\s*(?:export\s+|Environment=["']?)?PATH\s*=\s*["']?([^"'\s;]+)/;
    crontab($file, $number, $text, $cron == 2) if $cron;
    shell($file, $1, $number) if $file =~ m{\.(?:service|conf)$} && $text =~ /^Exec\w+\s*=\s*[-\@:+!|]*([A-Za-z]\S*)/;
    if ($text =~ /^Exec\w+\s*=/) { note('option', $_, $file, $number) for options_of_path($text) }
    if ($language eq '' && !$cron && !defined $block) { shell($file, $_, $number) for shell_texts($plain) }
    note('pam', $1, $file, $number) if $file =~ m{^/etc/pam\.d/} && $text =~ /^\s*-?\w+\s+(?:\[[^\]]*\]|\w+)\s+(pam_\w+\.so)/;
    if ($file =~ m{^/etc/pam\.d/} && $text =~ /^\s*(?:\@include|-?\w+\s+(?:include|substack))\s+([\w.-]+)/) { note('path', "/etc/pam.d/$1", $file, $number) }
  }
  shell($file, $all, 1) if $language eq 'sh';
  python_source($file, @lines) if $language eq 'python';
  perl_source($file, @lines) if $language eq 'perl';
  if ($language =~ /^(?:python|perl|other)$/) { other_source($file, @lines); php_source($file, @lines); ruby_source($file, @lines) }
}
sub other_source { # a program that is given to a call of a language other than the shell's
  my ($file, @lines) = @_;
  my $number = 0;
  for my $text (@lines) {
    $number++;
    next if $text =~ m{^\s*(?:#|//)};
    note('command', $1, $file, $number) while $text =~ /\b(?:system|exec|execvp?|popen|shell_exec|passthru|proc_open|run|call|check_call|check_output|Popen|spawn|qx|getoutput)\s*\(?\s*\[?\s*[frbu]?["'`]([A-Za-z][\w.+-]*)(?=["'`\s])/g;
    note('command', $1, $file, $number) while $text =~ /(?<![\w\])])\[\s*["']([a-z][\w.+-]*)["']\s*(?:,|\])/g;
  }
}
for my $link (@links) { my $to = readlink $link; note('link', $to, $link, 0) if defined $to && $to !~ $not_lasting && $to !~ m{^/run/} && $to !~ /[\t\n]/ }
my $read = 0;
for my $file (@candidates) {
  if ($read >= $limit_files || time > $deadline) { $cut ||= 'too many'; last }
  $read++;
  read_file($file);
  if ((my $folder = folder_in($file)) ne '') { note('folder', $folder, $file, 0) }
}

# --- whether it is there ---------------------------------------------------------------------------

sub default_python { my $real = Cwd::realpath(command_path('python3') || '/nonexistent'); return $real && $real =~ m{/(python\d[\d.]*)$} ? $1 : '' }

my %find = (option => sub { option_of($_[0], @{ $folders_of{$_[1]} || [] }) }, unit => \&unit_path, process => \&process_path, folder => sub { folder_reader($_[0], \%owned) }, release => \&release_offered, variable => \&variable_reader, plugin => \&plugin_path);
my @answers = (php_answers(), ruby_answers(), python_answers(\%environment), application_modules()); # kind, what, file, line, there, target
for (@records) {
  my ($kind, $what, $file, $line) = @$_;
  if ($kind eq 'stored') { push @answers, stored($what, $file, $line); next }
  my $target = $kind eq 'command' ? command_path($what, @{ $folders_of{$file} || [] })
    : $kind eq 'zone' ? (-f "/usr/share/zoneinfo/$what" ? "/usr/share/zoneinfo/$what" : '')
    : $find{$kind} ? $find{$kind}->($what, $file)
    : $kind eq 'socket' ? (-S $what ? $what : '')
    : $kind eq 'user' ? (defined getpwnam($what) ? $what : '')
    : $kind eq 'pam' ? ((grep { -f } "/etc/pam.d/$what", glob("/{usr/,}lib/{,*/}security/$what"))[0] || '')
    : $kind eq 'perl' ? do { (my $name = "$what.pm") =~ s{::}{/}g; (grep { -f } map { "$_/$name" } @INC)[0] || '' }
    : $kind eq 'link' ? (-e $file ? Cwd::realpath($file) || $what : '')
    : (-e $what ? $what : '');
  push @answers, [$kind, $what, $file, $line, $target ne '' ? 1 : 0, $target];
}
for my $folder (sort keys %environment) {
  my ($filled) = grep { (() = glob "$_/site-packages/*") > 0 } glob "$folder/lib/python*" or next;
  my $real = Cwd::realpath((grep { -e } "$folder/bin/python3", "$folder/bin/python")[0] || '/nonexistent') || '';
  my ($version) = $real =~ m{/(python\d+\.\d+)$};
  if (!$version && $real && -x $real) { my $output = `timeout 5 '$real' -V 2>&1`; $version = "python$1" if $output =~ /(\d+\.\d+)/ }
  my $there = $version && -d "$folder/lib/$version/site-packages" ? 1 : 0;
  push @answers, ['environment', $folder, "$folder/pyvenv.cfg", 0, $there, $version || 'nothing'];
}
my $python = default_python();
my $ruby = Cwd::realpath('/usr/bin/ruby') || '';
my %reads = map { $_ => 1 } @INC;
sub filled { my ($folder) = @_; opendir my $handle, $folder or return 0; return scalar grep { !/^(?:\.|__pycache__)/ } readdir $handle }
for my $folder (glob '/usr/local/lib/python3*/dist-packages /root/.local/lib/python3*/site-packages /home/*/.local/lib/python3*/site-packages') {
  push @answers, ['modules', $folder, $folder, 0, $python ne '' && index($folder, "/$python/") > 0 ? 1 : 0, $python || 'nothing'] if filled($folder);
}
for my $folder (glob '/usr/local/share/perl/5* /usr/local/lib/*/perl/5*') {
  push @answers, ['modules', $folder, $folder, 0, $reads{$folder} ? 1 : 0, sprintf 'perl%vd', $^V] if filled($folder);
}
for my $folder (glob '/var/lib/gems/*') {
  my ($version) = $folder =~ m{/(\d+\.\d+)[^/]*$} or next;
  push @answers, ['modules', $folder, $folder, 0, $ruby =~ m{/ruby\Q$version\E$} ? 1 : 0, $ruby =~ m{/(ruby[\d.]+)$} ? $1 : 'nothing'] if filled("$folder/gems");
}

# --- whose it is -----------------------------------------------------------------------------------

my %wanted;
for (@answers) {
  my $target = $_->[5];
  next if !$_->[4] || $target !~ m{^/} || $_->[0] =~ /^(?:socket|process)$/;
  my $real = $target =~ m{^(?:/usr)?/s?bin/|^/lib} ? Cwd::realpath($target) || $target : $target;
  for my $alias ($target, $real) { push @{ $wanted{$alias} }, $_; push @{ $wanted{$1} }, $_ if $alias =~ m{^/usr(/.+)} }
}
if (%wanted) {
  for my $list (lists()) {
    my ($package) = $list =~ m{/([^/:]+)(?::[^/]+)?\.list$} or next;
    for my $path (split /\n/, slurp($list)) { if (my $asking = $wanted{$path}) { $_->[6] ||= $package for grep { !-d $path || $_->[0] ne 'path' } @$asking } }
  }
}
for (@answers) {
  my @cells = map { defined $_ ? $_ : '' } @$_[0 .. 6];
  next if grep { /[\t\n]/ } @cells;
  print join("\t", 'reference', @cells), "\n";
}
print "read\t$read\n";
print "cut\t$cut\n" if $cut;
