# Reads file names, each ended by a NUL, and prints those ELF files of which the loader has to be
# asked: all but those that need only libraries of the loader's cache, which define the versions that
# are needed, and so on. A file that is not understood here, or has its own search path, is printed.
use strict;
use warnings;

my ($NEEDED, $STRINGS, $STRINGS_SIZE, $RPATH, $RUNPATH) = (1, 5, 10, 15, 29);
my ($DEFINED, $DEFINED_COUNT, $REQUIRED, $REQUIRED_COUNT) =
    (0x6ffffffc, 0x6ffffffd, 0x6ffffffe, 0x6fffffff);
my (%cached, %libraries);
my @folders = qw(/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin);

for my $line (`ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null`) {
    push @{ $cached{$1} }, $2 if $line =~ /^\s+(\S+) \(.*\) => (\S.*)$/;
}

# The bytes of a file at an offset; fewer where the file ends.
sub piece {
    my ($file, $offset, $size) = @_;
    my $bytes = '';
    die "no such part\n" if !defined $offset || !defined $size || $size > 4_000_000;
    seek($file, $offset, 0) && defined read $file, $bytes, $size or die "can't be read\n";
    return $bytes;
}

# What a 64-bit little-endian file needs and defines; undef for a file without a dynamic section.
# It dies of any content that it does not understand.
sub parts {
    my ($file, $header) = @_;
    my ($machine, $table_at, $size, $count) = unpack 'x18 v x12 Q< x14 v2', $header;
    die "no such table\n" if $size < 56;
    my $table = piece($file, $table_at, $size * $count);
    my (@loads, $section);
    for my $number (0 .. $count - 1) {
        my ($kind, $offset, $address, $length) = unpack "x@{[$number * $size]} V x4 Q< Q< x8 Q<", $table;
        push @loads, [$address, $offset, $length] if $kind == 1;
        $section = piece($file, $offset, $length) if $kind == 2;
    }
    return if !defined $section;
    my (@needed, %one);
    while ($section =~ /(.{16})/gs) {
        my ($tag, $value) = unpack 'Q< Q<', $1;
        last if $tag == 0;
        push @needed, $value if $tag == $NEEDED;
        $one{$tag} = $value;
    }
    my $offset_of = sub {
        my ($address) = @_;
        for my $load (@loads) {
            my ($start, $offset, $length) = @$load;
            return $address - $start + $offset if $address >= $start && $address < $start + $length;
        }
        die "no such address\n";
    };
    my $strings = piece($file, $offset_of->($one{$STRINGS} // -1), $one{$STRINGS_SIZE});
    my $text = sub {
        my ($start) = @_;
        die "no such text\n" if $start >= length $strings;
        return unpack "x$start Z*", $strings;
    };
    my %found = (
        machine => $machine,
        needed => [map { $text->($_) } @needed],
        own_path => defined $one{$RPATH} || defined $one{$RUNPATH},
        required => [], defined => {},
    );
    my $at = defined $one{$REQUIRED} ? $offset_of->($one{$REQUIRED}) : 0;
    for (1 .. $one{$REQUIRED_COUNT} // 0) {
        my ($versions, $library, $first, $next) = unpack 'x2 v V V V', piece($file, $at, 16);
        my $here = $at + $first;
        for (1 .. $versions) {
            my ($version, $further) = unpack 'x8 V V', piece($file, $here, 16);
            push @{ $found{required} }, [$text->($library), $text->($version)];
            $here += $further;
        }
        $at += $next;
    }
    $at = defined $one{$DEFINED} ? $offset_of->($one{$DEFINED}) : 0;
    for (1 .. $one{$DEFINED_COUNT} // 0) {
        my ($first, $next) = unpack 'x12 V V', piece($file, $at, 20);
        $found{defined}{ $text->(unpack 'V', piece($file, $at + $first, 8)) } = 1;
        $at += $next;
    }
    return \%found;
}

# What is known of a file: `elf`, whether it is one; `parts`; neither if it can't be understood.
sub looked_at {
    my ($name) = @_;
    open my $file, '<:raw', $name or return {};
    my $header = eval { piece($file, 0, 64) } // '';
    return {} if $header !~ /^\x7fELF/;
    return { elf => 1 } if $header !~ /^.ELF\x02\x01.{58}/s;
    my $parts = eval { parts($file, $header) };
    return { elf => 1, static => !$parts && $@ eq '', parts => $parts };
}

# The library that the loader takes for a name, if it is found in the cache and resolves itself.
sub library {
    my ($name, $machine) = @_;
    return $libraries{"$name $machine"} if exists $libraries{"$name $machine"};
    $libraries{"$name $machine"} = { defined => {} };    # two libraries may need each other
    my $found;
    for my $path (@{ $cached{$name} // [] }) {
        my $parts = looked_at($path)->{parts} // next;
        next if $parts->{machine} != $machine;
        $found = resolves($parts) ? $parts : undef;
        last;
    }
    return $libraries{"$name $machine"} = $found;
}

sub resolves {
    my ($parts) = @_;
    return 0 if $parts->{own_path};
    for my $name (@{ $parts->{needed} }) {
        return 0 if $name =~ m{/} || !library($name, $parts->{machine});
    }
    for my $pair (@{ $parts->{required} }) {
        my ($name, $version) = @$pair;
        my $library = library($name, $parts->{machine});
        return 0 if !$library || !$library->{defined}{$version};
    }
    return 1;
}

# The interpreter in the first line of a script, if it is not there, or ''.
sub missing_interpreter {
    my ($name) = @_;
    open my $file, '<:raw', $name or return '';
    read $file, my $head, 256 or return '';
    my ($program, $word) = $head =~ m{^#![ \t]*(/[\x21-\x7e]+)[ \t]*([\x21-\x7e]*)} or return '';
    return -e $program ? '' : $program if $program !~ m{/env$} || $word !~ /^[\w.+]/;
    return (grep { -x "$_/$word" } @folders) ? '' : $word;
}

# A script without its interpreter is printed on descriptor 4, with the loader's messages. One that is
# in no folder of PATH may be an example for an interpreter that nobody installed.
open my $faults, '>&=', 4;
local $/ = "\0";
while (defined(my $name = <STDIN>)) {
    chomp $name;
    my $found = looked_at($name);
    if (!$found->{elf} && $faults && $name =~ m{^(?:/usr(?:/local)?)?/s?bin/[^\s/]+$}) {
        my $missing = missing_interpreter($name);
        print {$faults} "$name\tno interpreter $missing\n" if $missing ne '';
    }
    next if !$found->{elf} || $found->{static};
    print "$name\0" if !$found->{parts} || !resolves($found->{parts});
}
