# What Python sources import, and what they use of the standard library. A part of references.pl.
my (%imports, %uses_of, %python_of, %interpreter_of); # by file: name and its first line; interpreters
my $most_names = 500;
sub python_source {
  my ($file, @lines) = @_;
  my ($guard, $number, %module, %used) = (undef, 0);
  for my $text (@lines) {
    $number++;
    my ($indent) = $text =~ /^([ \t]*)\S/ or next;
    undef $guard if defined $guard && length $indent <= $guard;
    $guard = length $indent if $text =~ /^\s*try\s*:/ && !defined $guard;
    next if defined $guard || $text =~ /^\s*#/; # what may fail is tried
    if ($text =~ /^\s*from\s+([A-Za-z_]\w*)([\w.]*)\s+import\s*\(?([\w\s,]*)/) {
      my ($top, $rest, $names) = ($1, $2, $3);
      $imports{$file}{$top} ||= $number;
      $used{"$top$rest.$_"} ||= $number for map { /^\s*([A-Za-z_]\w*)/ ? $1 : () } split /,/, $names;
    } elsif ($text =~ /^\s*import\s+([\w.,\s]+)/) {
      for (split /,/, $1) {
        my ($name, $top, $as) = /^\s*(([A-Za-z_]\w*)[\w.]*)(?:\s+as\s+(\w+))?/ or next;
        $imports{$file}{$top} ||= $number;
        $module{ $as // $top } = $as ? $name : $top;
      }
    } else {
      while ($text =~ /(?<![\w.'"])([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*){1,2})\b(?!\s*=[^=])/g) {
        $used{"$module{$1}$2"} ||= $number if $module{$1};
      }
    }
  }
  # A program that asks which version runs it, or whether a name is there, is prepared for both.
  $uses_of{$file} = \%used unless grep { /\bversion_info\b|\bhasattr\(/ } @lines;
}
my $python_code = 'import sys, os, importlib, importlib.util as u, sysconfig, warnings
warnings.simplefilter("ignore")
standard = sysconfig.get_path("stdlib") + "/"
sys.path = [p for p in sys.path if p not in ("", ".")]
def spec(name):
    try:
        return u.find_spec(name)
    except BaseException:
        return None
def has(name):
    top, *parts = name.split(".")
    s = spec(top)
    origin = (s.origin or "") if s else ""
    own = origin in ("built-in", "frozen") or origin.startswith(standard) and "-packages/" not in origin
    if not own or top in ("antigravity", "this", "turtle", "idlelib", "test", "__main__"):
        return None
    found, so_far = importlib.import_module(top), top
    for part in parts:
        so_far += "." + part
        if not hasattr(found, part):
            if spec(so_far) is None:
                return False
            importlib.import_module(so_far)
        found = getattr(found, part)
    return True
for kind_name in sys.argv[1:]:
    kind, _, name = kind_name.partition(":")
    try:
        if kind == "python":
            s = spec(name)
            print(kind_name, int(s is not None), (s.origin or "") if s else "", sep="\t")
        else:
            there = has(name)
            if there is not None:
                print(kind_name, int(there), "", sep="\t")
    except BaseException:
        pass';
sub python_for { # the interpreter of a file
  my ($file, $environments) = @_;
  my ($folder) = $file =~ m{^(.*)/};
  my $python = $interpreter_of{$file} || $python_of{$file} || '';
  ($python) = map { "$_/bin/python" } grep { my $up = $_; $up =~ s{/[^/]+$}{}; index("$folder/", "$up/") == 0 } sort keys %$environments if $python eq '';
  $python = 'python3' if !defined $python || $python eq '';
  $python = command_path($python) if $python !~ m{^/};
  return $python ne '' && $python =~ m{/python[\d.]*$} && -x $python ? $python : '';
}
sub python_answers { # kind, what, file, line, there, where
  my ($environments) = @_;
  my (%asked, @wanted, %answer, @found);
  for my $file (sort keys %imports) {
    my ($folder) = $file =~ m{^(.*)/};
    my $python = python_for($file, $environments) or next;
    my %lines = (map { ("python:$_" => $imports{$file}{$_}) } keys %{ $imports{$file} });
    $lines{"attribute:$_"} = $uses_of{$file}{$_} for keys %{ $uses_of{$file} || {} };
    for my $asked (sort keys %lines) {
      my ($top) = $asked =~ /:(\w+)/;
      next if -e "$folder/$top.py" || -d "$folder/$top"; # it comes with the script
      $asked{$python}{$asked} = 1;
      push @wanted, [$python, $asked, $file, $lines{$asked}];
    }
  }
  for my $python (sort keys %asked) { # modules first: names are asked only of what is left
    my @names = grep { defined } (sort { $b cmp $a } keys %{ $asked{$python} })[0 .. $most_names - 1];
    open my $answers, '-|', 'timeout', '5', $python, '-Bu', '-c', $python_code, @names or next;
    while (<$answers>) { chomp; my ($name, $there, $origin) = split /\t/, $_, 3; $answer{$python}{$name} = [$there, $origin] if defined $origin }
    close $answers;
  }
  for (@wanted) {
    my ($python, $asked, $file, $line) = @$_;
    my $answer = $answer{$python}{$asked} or next; # its interpreter did not answer
    my ($kind, $name) = split /:/, $asked, 2;
    push @found, [$kind, $name, $file, $line, @$answer];
  }
  return @found;
}
