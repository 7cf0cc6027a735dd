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
# Folders of an application's own modules for one version of an interpreter: bundled gems, and
# extension modules that were compiled for one version of Python.
sub application_modules { # kind, what, file, line, there, the version of the interpreter
  my ($ruby) = (Cwd::realpath(command_path('ruby') || '/nonexistent') || '') =~ m{/ruby([\d.]+)$};
  my $python = default_python();
  my (%there, %version);
  my @applications = grep { -d } glob '/opt/* /opt/*/* /srv/* /srv/*/* /var/www/* /var/www/*/* /home/*/*';
  for my $folder (@applications) {
    for my $bundle (glob "$folder/vendor/bundle/ruby/*") {
      my ($of) = $bundle =~ m{/(\d+\.\d+)[^/]*$} or next;
      next unless $ruby && (() = glob "$bundle/gems/*");
      ($there{$bundle}, $version{$bundle}) = ($ruby eq $of, "ruby$ruby");
    }
    next if $python eq '' || -f "$folder/pyvenv.cfg";
    next if grep { -e } glob "$folder/libpython3* $folder/lib/libpython3* $folder/bin/python3*"; # its own
    for my $extension (glob "$folder/*.cpython-3*.so $folder/lib/*.cpython-3*.so") {
      my ($place, $of) = $extension =~ m{^(.*)/[^/]*\.cpython-3(\d+)\w*-[^/]*$} or next;
      ($there{$place}, $version{$place}) = ($there{$place} || $python eq "python3.$of", $python);
    }
  }
  return map { ['modules', $_, $_, 0, $there{$_} ? 1 : 0, $version{$_}] } sort keys %there;
}
