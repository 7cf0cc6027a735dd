# The commands of a shell script, with their lines: words in command position. A part of references.pl.
# Quoted text and here-documents are skipped; command substitutions in them are not.
use strict; use warnings;
my %goes_on = map { $_ => 1 } qw(if then elif else do while until ! { time);
my %starts = map { $_ => 1 } qw(sudo exec env nohup nice ionice xargs command timeout setsid chronic
  systemd-run systemd-cat flock chpst setpriv runuser stdbuf unbuffer eatmydata which type hash);
my %ends = map { $_ => 1 } qw(for case in select function fi done esac } [ [[ cd echo exit export local
  read readonly return set shift test trap unset umask . : source eval wait continue break declare);
sub commands {
  my ($source, $first) = @_;
  my ($line, $start, $before, $assigning, $skip) = ($first, 1, 0, 0, 0);
  my (@stack, @here, @found, %own);
  pos($source) = 0;
  while (pos($source) < length $source) {
    last if @stack > 50; # no script of a human is nested so deeply
    my $quoted = @stack && $stack[-1][0] eq '"';
    if ($source =~ /\G\\\n/gc) { $line++ }
    elsif ($source =~ /\G\\./gcs) { $start = 0 unless $quoted || $assigning }
    elsif ($source =~ /\G"/gc) {
      if ($quoted) { $start = (pop @stack)->[1] }
      else { push @stack, ['"', $assigning ? $start : 0] }
    }
    elsif ($source =~ /\G\$\(\(/gc) { push @stack, ['((', $assigning || $quoted ? $start : 0]; $start = 0 }
    elsif ($source =~ /\G\$\(/gc) { push @stack, ['(', $assigning ? $start : 0]; ($start, $before, $assigning) = (1, 0, 0) }
    elsif ($source =~ /\G`/gc) {
      if (grep { $_->[0] eq '`' } @stack) { my $top; do { $top = pop @stack } while $top->[0] ne '`'; $start = $top->[1] }
      else { push @stack, ['`', $assigning ? $start : 0]; ($start, $before, $assigning) = (1, 0, 0) }
    }
    elsif ($quoted) { $source =~ /\G[^"\\\$`]+|\G./gcs; $line += ($& =~ tr/\n//) }
    elsif ($source =~ /\G\n/gc) {
      $line++; ($start, $before, $assigning) = (1, 0, 0);
      while (my $end = shift @here) {
        while ($source =~ /\G(.*)(?:\n|\z)/gc) { $line++; my $text = $1; $text =~ s/^\t+//; last if $text eq $end || pos($source) >= length $source }
      }
    }
    elsif ($source =~ /\G[ \t\r]+/gc) { $assigning = 0 }
    elsif ($source =~ /\G'[^']*'?/gc) { $line += ($& =~ tr/\n//); $start = 0 unless $assigning }
    elsif ($source =~ /\G(?<![^\s;&|()])#[^\n]*/gc) { }
    elsif ($source =~ /\G\d*(?:<<<|[<>]&?\d*-?(?=[\s;&|)])|>>|>&|<&|&>>?|>\||<>)[ \t]*/gc) { $source =~ /\G[^\s;&|()]+/gc }
    elsif ($source =~ /\G<<-?[ \t]*\\?(['"]?)(\w+)\1/gc) { push @here, $2 }
    elsif ($source =~ /\G[<>][ \t]*/gc) { $source =~ /\G[^\s;&|()<>"']+/gc }
    elsif ($source =~ /\G(?:[;&|]+|\()/gc) { push @stack, ['group', 1] if $& eq '('; ($start, $before, $assigning) = (1, 0, 0) }
    elsif ($source =~ /\G\)/gc) { my $open = @stack ? pop @stack : ['', 1]; $source =~ /\G\)/gc if $open->[0] eq '(('; $start = $open->[1]; $assigning = 0 }
    elsif ($source =~ /\G\$\{[^}\n]*\}|\G\$[\w@*#?!\$-]?/gc) { $start = 0 unless $assigning }
    elsif ($source =~ /\G[^\s;&|()<>"'`\\\$]+/gc) {
      my $word = $&;
      next if !$start || $assigning;
      if ($skip) { $skip = 0; next }
      if ($word =~ /^\w+\+?=/) { $assigning = 1; next }
      if ($before && $word =~ /^-/) { $skip = $word =~ /^-[ugnCIPLdskcp]$/ && $before !~ /^(?:command|exec|type)$/; next }
      if ($before && $word =~ /^[\d.]+[smhd]?$/) { next }
      if ($source =~ /\G[ \t]*\(\)/gc) { $own{$word} = 1; next }
      next if $goes_on{$word};
      if ($ends{$word}) { $start = 0; next }
      push @found, [$word, $line] if $word =~ /^[A-Za-z0-9_][\w.+-]*$/ && $source !~ /\G(?:[\$"']|\\(?!\n))/;
      if ($starts{$word}) { $before = $word; next }
      $start = 0;
    }
    else { $source =~ /\G./gcs }
  }
  return grep { !$own{$_->[0]} } @found;
}
