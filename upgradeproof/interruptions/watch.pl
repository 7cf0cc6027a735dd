# Follow APT's status ($ARGV[0]/status) into $ARGV[0]/log, and act on its line $ARGV[1], if any:
# "kill" ends the whole tree of apt and dpkg at once; "halt" stops it and says so, for a host that
# then takes the power away. Started by the script of trap.py.
use strict;
use warnings;
my ($folder, $number, $act) = @ARGV;

sub tree {
    my (%children, @found);
    for my $stat (glob "/proc/[0-9]*/stat") {
        open my $file, "<", $stat or next;
        my $line = <$file> // next;
        my ($pid, $name, $parent) = $line =~ /^(\d+) \((.*)\) \S (\d+)/s or next;
        push @{ $children{$parent} }, $pid;
        push @found, $pid if $name =~ /^apt(?:-get)?$/;
    }
    for (my $at = 0; $at < @found; $at++) {
        push @found, @{ $children{ $found[$at] } // [] };
    }
    return @found;
}

# Stopped first, again until nothing new is found: whoever runs may start another.
sub freeze {
    my %stopped;
    while (my @new = grep { !$stopped{$_} } tree()) {
        kill "STOP", @new;
        $stopped{$_} = 1 for @new;
    }
    return keys %stopped;
}

open my $status, "<", "$folder/status" or die "$folder/status: $!\n";
open my $log, ">", "$folder/log" or die "$folder/log: $!\n";
$log->autoflush(1);
my $seen = 0;
while (my $line = <$status>) {
    next if $line !~ /^pmstatus:/;
    print $log $line;
    next if ++$seen != $number;
    my @all = freeze();
    if ($act eq "kill") {
        kill "KILL", @all;
    } else {
        $| = 1;
        print "upgradeproof: halted\n";
        sleep 600;
    }
}
