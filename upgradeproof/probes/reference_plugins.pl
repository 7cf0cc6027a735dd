# Which plugins the configuration of a program names: words that are the name of a shared object in the
# program's own folder of /usr/lib. A part of references.pl.
use strict; use warnings;
my %plugins; # by the program's folder and the plugin's name, without what only its file name has

sub plugin_in { # of the list of a package
  my ($path) = @_;
  my ($program, $file) = $path =~ m{^(?:/usr)?/lib/(?:\w+-linux-\w+/)?([a-z][\w-]*)/(?:\S+/)?([^/\s]+)\.so$} or return;
  (my $name = $file) =~ s/^(?:lib\d*_|mod_)|_(?:plugin|module)$//g;
  $plugins{$program}{$_} ||= $path for $file, $name;
}
sub plugins_named {
  my ($file, $text) = @_;
  my ($program) = $file =~ m{^/etc/([a-z][a-z-]*)[./\d]} or return;
  my $known = $plugins{$program} or return;
  my %named;
  while ($text =~ /(?<![\w.-])([A-Za-z]\w{2,})(?:\.so)?(?![\w-])/g) { $named{$1} = 1 if $known->{$1} && $text !~ m{/\Q$1\E\b} }
  return sort keys %named;
}
sub plugin_path { # where the program's package has it, if it is there
  my ($name, $file) = @_;
  my ($program) = $file =~ m{^/etc/([a-z][a-z-]*)};
  my $path = $plugins{$program}{$name};
  return defined $path && -e $path ? $path : '';
}
