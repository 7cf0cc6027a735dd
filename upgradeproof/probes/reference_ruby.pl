# Constants and methods that Ruby sources use, and whether Ruby has them. A part of references.pl.
my (%ruby_uses, %ruby_requires); # by file: name and its first line
sub ruby_source {
  my ($file, @lines) = @_;
  return unless $file =~ /\.rb$/ || $lines[0] =~ m{^#!.*\bruby[\d.]*\s*$};
  my ($number, %tested) = (0);
  for my $text (@lines) {
    $number++;
    last if $text =~ /^__END__/;
    next if $text =~ /^\s*#/;
    $ruby_requires{$1} = 1 if $text =~ m{^\s*require\s*\(?\s*["']([a-z][\w/]*)["']};
    $tested{$1} = 1 while $text =~ /(?:respond_to\?|method_defined\?|const_defined\?|defined\?)\s*\(?\s*[:"']?([\w:.]+[?!]?)/g;
    (my $code = $text) =~ s/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/""/g;
    $code =~ s/\s#\s.*//;
    while ($code =~ /(?<![\w:.\@\$])([A-Z]\w*(?:::[A-Z]\w*)*)(?:\.([a-z_]\w*[?!]?))?(?!\w)(?!\s*=[^=~>])/g) {
      $ruby_uses{$file}{$1} ||= $number;
      $ruby_uses{$file}{"$1.$2"} ||= $number if defined $2;
    }
    while ($code =~ /(\w+|[)\]}"?!])\.([a-z_]\w*[?!]?)(?!\w)(?!\s*=[^=~>])/g) {
      $ruby_uses{$file}{".$2"} ||= $number if $1 !~ /^[A-Z]/; # of a value, not of a constant
      pos($code) -= length $2;
    }
  }
  for my $name (keys %{ $ruby_uses{$file} || {} }) { delete $ruby_uses{$file}{$name} if grep { $name eq $_ || $name =~ /\.\Q$_\E$/ } keys %tested }
}
# A method without a class counts as there if any class has it, of Ruby or of what is required.
my $ruby_code = '$VERBOSE = nil
require "rbconfig"
folders = [RbConfig::CONFIG["rubylibdir"], RbConfig::CONFIG["rubyarchdir"]]
names = ARGV.reject { |n| n.start_with?("require:") }
(ARGV - names).each do |r|
  r = r.delete_prefix("require:")
  next if r =~ /\A(?:irb|debug|bundler|un|rubygems)/
  next unless folders.any? { |f| File.exist?("#{f}/#{r}.rb") || File.exist?("#{f}/#{r}.so") }
  begin; require r; rescue Exception; end
end
methods = {}
ObjectSpace.each_object(Module) { |m| (m.instance_methods(false) + m.private_instance_methods(false)).each { |n| methods[n] = true } rescue nil }
names.each do |n|
  constant, _, name = n.partition(".")
  begin
    there = if constant.empty? then methods.key?(name.to_sym)
            else
              found = Object.const_get(constant) rescue (puts "#{n}\t0" if name.empty?; next)
              name.empty? || found.respond_to?(name, true)
            end
    puts "#{n}\t#{there ? 1 : 0}"
  rescue Exception
  end
end';
sub ruby_answers { # kind, what, file, line, there, where
  my $ruby = command_path('ruby') or return;
  my %names = map { map { $_ => 1 } keys %$_ } values %ruby_uses;
  my @names = grep { defined } (sort keys %names)[0 .. 1999] or return;
  my %there;
  open my $answers, '-|', 'timeout', '5', $ruby, '--disable-gems', '-W0', '-e', $ruby_code, '--', (map { "require:$_" } sort keys %ruby_requires), @names or return;
  while (<$answers>) { chomp; my ($name, $is) = split /\t/, $_, 2; $there{$name} = $is if defined $is }
  close $answers;
  my @found;
  for my $file (sort keys %ruby_uses) { for my $name (sort keys %{ $ruby_uses{$file} }) {
    push @found, ['ruby', $name, $file, $ruby_uses{$file}{$name}, $there{$name}, ''] if defined $there{$name};
  } }
  return @found;
}
