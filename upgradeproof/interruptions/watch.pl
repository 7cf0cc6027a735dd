# Follow APT's status ($ARGV[0]/status) into $ARGV[0]/log, and act on its line $ARGV[1], if any:
# "kill" ends the whole tree of apt and dpkg at once; "halt" stops it and prints that, for a host that
# then cuts the power. The script of trap.py starts it, and $ARGV[3] is the shell of that script: only
# processes that this shell has started are touched.
use strict;
use warnings;
my ($folder, $number, $act, $shell) = @ARGV;
# The parent may end before the stopped processes: the kernel then sends SIGHUP to the group.
$SIG{HUP} = "IGNORE";

sub tree {
    my (%children, @found);
    for my $stat (glob "/proc/[0-9]*/stat") {
        open my $file, "<", $stat or next;
        my $line = <$file> // next;
        my ($pid, $parent) = $line =~ /^(\d+) \(.*\) \S (\d+)/s or next;
        push @{ $children{$parent} }, $pid if $pid != $$;
    }
    push @found, @{ $children{$shell} // [] };
    for (my $at = 0; $at < @found; $at++) {
        push @found, @{ $children{ $found[$at] } // [] };
    }
    return @found;
}

# Stop all processes, and again until no new one is found: a running process may start another.
sub freeze {
    my %stopped;
    while (my @new = grep { !$stopped{$_} } tree()) {
        kill "STOP", @new;
        $stopped{$_} = 1 for @new;
    }
    return keys %stopped;
}

sub alive {
    open my $file, "<", "/proc/$_[0]/stat" or return 0;
    return (<$file> // "") =~ /\) [^ZX] /;
}

# An interruption during a package's own script does the most damage: wait until it has begun.
sub await_script {
    my ($package) = @_;
    return if !grep { -e } glob "/var/lib/dpkg/info/$package\{,:*}.postinst";
    for (1 .. 400) {
        for my $pid (tree()) {
            open my $file, "<", "/proc/$pid/cmdline" or next;
            next if (<$file> // "") !~ m{/var/lib/dpkg/info/\Q$package\E[^\0]*\.postinst};
            select undef, undef, undef, 0.1;
            return;
        }
        select undef, undef, undef, 0.005;
    }
}

open my $status, "<", "$folder/status" or die "$folder/status: $!\n";
open my $log, ">", "$folder/log" or die "$folder/log: $!\n";
$log->autoflush(1);
my $seen = 0;
while (my $line = <$status>) {
    next if $line !~ /^pmstatus:/;
    print $log $line;
    next if ++$seen != $number;
    await_script($1) if $line =~ /^pmstatus:([a-z0-9.+-]+)[^ ]*:Configuring /;
    my @all = freeze();
    if ($act eq "kill") {
        kill "KILL", @all;
        # Wait until the last of them has released its locks.
        select undef, undef, undef, 0.005 while grep { alive($_) } @all;
        open my $done, ">", "$folder/done";
    } else {
        $| = 1;
        print "upgradeproof: halted\n";
        sleep 600;
    }
}
