# Options of commands in shell scripts, and whether the program has them. A part of references.pl.
use strict; use warnings;
my $largest_program = 33_554_432; # bytes; of a larger one nothing is known
my %content;
sub options_after { # the long options of a command, up to the end of the command
  my ($text) = @_;
  $text =~ s/\s--\s.*|[;|&()#"'`].*//;
  return $text =~ /(?<=\s)--([a-z][a-z0-9-]*[a-z0-9])(?=[\s=]|$)/g;
}
sub options_of_path { # "program --option", for a program with its folder
  my ($text) = @_;
  my @found;
  while ($text =~ m{(?:^|[\s;|&(=:@!+-])(/(?:usr/(?:local/)?)?s?bin/([\w.+-]+))(?=(\s.*))}g) {
    my ($path, $after) = ($1, $3);
    push @found, map { "$path --$_" } options_after($after);
  }
  return @found;
}
sub options_in { # "command --option" and its line, for the commands of a script
  my ($source, $first, @commands) = @_;
  my @lines = split /\n/, $source, -1;
  my @found;
  for my $i (0 .. $#commands) {
    my ($word, $line) = @{ $commands[$i] };
    my $at = $line - $first;
    my $text = $lines[$at] // next;
    $text =~ s/\\$/ $lines[$at]/ while $text =~ /\\$/ && ++$at < @lines && length $text < 4000;
    my $next = $i < $#commands && $commands[$i + 1][1] == $line ? quotemeta $commands[$i + 1][0] : '';
    $text =~ s/^.*?(?<![\w.\/-])\Q$word\E(?=\s)// or next;
    $text =~ s/(?<![\w.\/-])$next(?=\s|$).*// if $next ne '';
    push @found, map { ["$word --$_", $line] } options_after($text);
  }
  for my $at (grep { $lines[$_] !~ /^\s*#/ } 0 .. $#lines) {
    push @found, map { [$_, $first + $at] } options_of_path($lines[$at]);
  }
  return @found;
}
sub option_of { # the program that has an option, or ''
  my ($name, @folders) = @_;
  my ($word, $option) = split / --/, $name;
  my $path = $word =~ m{^/} ? $word : command_path($word, @folders) or return '';
  my $real = Cwd::realpath($path) or return '';
  $content{$real} //= -s $real <= $largest_program ? slurp($real) : '';
  my $all = $content{$real};
  my $there = $all !~ /^\x7fELF/ ? $all =~ /--$option(?![\w-])|["']$option(?=["'|=:!+])/
    : $all =~ m{Go buildinf:|/rustc/} ? index($all, $option) >= 0
    : index($all, "$option\0") >= 0;
  return $there ? $path : '';
}
