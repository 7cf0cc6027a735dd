# What PHP sources call, and whether PHP has it: functions, and classes of which they make objects.
my %php_calls; # by file: name and its first line; a class begins with `new `
sub php_source {
  my ($file, @lines) = @_;
  return unless $file =~ /\.(?:php|phtml)$/ || $lines[0] =~ m{^#!.*\bphp[\d.]*\s*$};
  my ($number, %tested) = (0);
  for my $text (@lines) {
    $number++;
    next if $text =~ m{^\s*(?:#|//|\*|/\*)};
    $tested{lc $1} = 1 while $text =~ /\b(?:function|class)_exists\(\s*["']\\*(\w+)["']/g;
    while ($text =~ /(?<![\w\$>:\\])(?<!function )(?<!new )\\?([A-Za-z_]\w*)\(/g) { $php_calls{$file}{lc $1} ||= $number }
    while ($text =~ /\bnew \\?([A-Z]\w*)(?![\w\\])/g) { $php_calls{$file}{"new $1"} ||= $number }
  }
  for my $name (keys %{ $php_calls{$file} || {} }) { delete $php_calls{$file}{$name} if $tested{ lc($name =~ s/^new //r) } }
}
my $php_code = 'foreach (array_slice($argv, 1) as $n) {
  $f = substr($n, 0, 4) !== "new "; $c = $f ? $n : substr($n, 4);
  if ($f ? !function_exists($n) : !class_exists($c)) { echo $n, "\t0\t\n"; continue; }
  $r = $f ? new ReflectionFunction($n) : new ReflectionClass($c);
  echo $n, "\t1\t", $r->getExtensionName(), "\n"; }';
sub php_answers { # kind, what, file, line, there, its extension
  my $php = command_path('php') or return;
  my %names = map { map { $_ => 1 } keys %$_ } values %php_calls;
  my @names = sort keys %names or return;
  my %there;
  for (my $from = 0; $from < @names && $from < 5000; $from += 1000) {
    my $to = $from + 999 < $#names ? $from + 999 : $#names;
    open my $answers, '-|', 'timeout', '5', $php, '-d', 'display_errors=0', '-r', $php_code, '--', @names[$from .. $to] or return;
    while (<$answers>) { chomp; my ($name, $is, $extension) = split /\t/, $_, 3; $there{$name} = [$is, $extension] if defined $extension }
    close $answers;
  }
  my @found;
  for my $file (sort keys %php_calls) { for my $name (sort keys %{ $php_calls{$file} }) {
    my $answer = $there{$name} or next;
    my $shown = $name =~ /^new / ? $name : "$name()";
    push @found, ['php', $shown, $file, $php_calls{$file}{$name}, $answer->[0], $answer->[0] ? "the extension $answer->[1]" : '']
  } }
  return @found;
}
