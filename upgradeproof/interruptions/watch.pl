# Follow APT's status ($ARGV[0]/status) into $ARGV[0]/log, and act on its line $ARGV[1], if any:
# "kill" ends the whole tree of apt and dpkg at once; "halt" stops it and says so, for a host that
# then takes the power away. Started by the script of trap.py, whose shell $ARGV[3] is: only what
# that shell has started is ever touched.
use strict;
use warnings;
my ($folder, $number, $act, $shell) = @ARGV;
# Who started us may end while what we stopped is still dying: the kernel hangs up such a group.
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

# Stopped first, again until nothing new is found: whoever runs may start another.
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

# In the midst of a package's own script is where it hurts: wait until it has begun.
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
        # Until the last of them has let go of its locks.
        select undef, undef, undef, 0.005 while grep { alive($_) } @all;
        open my $done, ">", "$folder/done";
    } else {
        $| = 1;
        print "upgradeproof: halted\n";
        sleep 600;
    }
}
