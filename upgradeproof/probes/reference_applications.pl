# Which files of homes and of applications, such as web sites, are an administrator's programs.
# Of each home and each application only the first files count: the rest is mostly its libraries.
my (%programs_in, %sources); my $limit_programs = 200;
my $libraries = qr{/(?:\.[^/]+|vendor|libs?|librar(?:y|ies)|includes?|modules|plugins|themes|tests?|cache)/};
my $source = qr{\.(?:php|phtml|rb)$};
sub program_of_application {
  my ($file, $name, $size) = @_;
  my ($root) = $file =~ m{^(/[^/]+/[^/]+)/};
  return if !$root || $size == 0 || substr($file, length $root) =~ $libraries;
  if ($name !~ $source || $root =~ m{^/home/}) {
    return if $root =~ m{^/home/} && !-x $file;
    open my $handle, '<:raw', $file or return;
    my $head = ''; read $handle, $head, 2; close $handle;
    return if $head ne '#!';
  }
  return if ++$programs_in{$root} > $limit_programs;
  $sources{$file} = 1 if $name =~ $source;
  candidate($file, $name, $size);
}
