#!/usr/bin/perl
# The machine's end of the channel: shells for the host, many over one virtio-serial port.
#
# It needs no network, no sshd and no writable file system. perl-base is essential on Debian. Its
# modules are loaded at the start, since an upgrade may replace their files.
#
# Every message is a line of words, so that a partial message (the machine was reset) costs one line:
#   host:    reset              end every shell: another host has taken over
#            open ID            start a shell
#            in ID HEX          bytes for its standard input
#            close ID           end of its input; what it still prints is dropped
#   machine: ready BOOT         this agent has started, in this boot
#            opened ID PID      the shell's process id, which is its session's, too
#            out|err ID HEX     what it printed
#            end ID STATUS      it has ended
use strict;
use warnings;
use Errno ();
use POSIX ();

my $NAME = shift // 'upgradeproof.channel';    # or the path of a device
my $PIPE_BYTES = 65536;
my %shells;

sub word_of {
    open my $file, '<', $_[0] or return '';
    my $line = <$file> // '';
    chomp $line;
    return $line;
}

sub open_port {
    return opened($NAME) // die "$NAME: $!\n" if $NAME =~ m{^/};
    while (1) {
        for my $folder (glob '/sys/class/virtio-ports/*') {
            next if word_of("$folder/name") ne $NAME;
            (my $device = $folder) =~ s{.*/}{/dev/};
            return $_ for grep { defined } opened($device);
        }
        select undef, undef, undef, 0.05;
    }
}

sub opened {
    sysopen my $port, $_[0], POSIX::O_RDWR() or return undef;
    return $port;
}

my $port = open_port();

sub send_to_host {
    my $line = join(' ', @_) . "\n";
    while (length $line) {
        my $written = syswrite $port, $line;
        if (defined $written) { substr $line, 0, $written, '' }
        elsif (!$!{EINTR} && !$!{EAGAIN}) { return }
        else { select undef, undef, undef, 0.01 }
    }
}

sub unblock {
    fcntl($_, POSIX::F_SETFL(), POSIX::O_NONBLOCK() | fcntl($_, POSIX::F_GETFL(), 0)) for @_;
}

sub start_shell {
    my ($id) = @_;
    pipe my $stdin, my $to or return;
    pipe my $from, my $stdout or return;
    pipe my $errors, my $stderr or return;
    my $pid = fork // return;
    if (!$pid) {
        POSIX::setsid();
        $SIG{$_} = 'DEFAULT' for qw(PIPE HUP TERM);
        POSIX::dup2(fileno $stdin, 0);
        POSIX::dup2(fileno $stdout, 1);
        POSIX::dup2(fileno $stderr, 2);
        exec '/bin/sh' or POSIX::_exit(127);
    }
    unblock($to, $from, $errors);
    $shells{$id} = { pid => $pid, to => $to, out => $from, err => $errors, input => '' };
    send_to_host('opened', $id, $pid);
}

sub handle_line {
    my ($word, $id, $rest) = split / /, $_[0], 3;
    if ($word eq 'open') { start_shell($id) }
    elsif ($word eq 'reset') {
        kill 'KILL', -$_->{pid} for grep { !$_->{ended} } values %shells;
        %shells = ();
    }
    elsif (my $shell = $shells{ $id // '' }) {
        if ($word eq 'in') { $shell->{input} .= pack 'H*', $rest // '' }
        elsif ($word eq 'close') { $shell->{closed} = $shell->{muted} = 1 }
    }
}

# Pass on what a shell printed and return whether there may be more; a stream that has ended is
# removed.
sub pass_on {
    my ($id, $shell, $stream) = @_;
    my $read = sysread $shell->{$stream}, my $bytes, 32768;
    if ($read) { send_to_host($stream, $id, unpack 'H*', $bytes) unless $shell->{muted} }
    elsif (defined $read || !($!{EINTR} || $!{EAGAIN})) { delete $shell->{$stream} }
    return $read;
}

sub feed {
    my ($shell) = @_;
    my $written = syswrite $shell->{to}, $shell->{input}, 65536;
    if (defined $written) { substr $shell->{input}, 0, $written, '' }
    elsif (!$!{EAGAIN} && !$!{EINTR}) { $shell->{input} = ''; delete $shell->{to} }
}

# Of a shell that has ended, the rest of its pipes is passed on first. Pipes that its children hold
# open are still read, so that a write does not kill the children, and what is read is dropped.
sub reap {
    while ((my $pid = waitpid -1, POSIX::WNOHANG()) > 0) {
        my $status = $? & 127 ? 128 + ($? & 127) : $? >> 8;
        for my $id (grep { $shells{$_}{pid} == $pid } keys %shells) {
            my $shell = $shells{$id};
            for my $stream (qw(out err)) {
                my $left = $PIPE_BYTES;    # what comes later is not its own
                while ($left > 0 && $shell->{$stream}) {
                    $left -= pass_on($id, $shell, $stream) || last;
                }
            }
            send_to_host('end', $id, $status) unless $shell->{muted};
            @$shell{qw(ended muted closed)} = (1, 1, 1);
        }
    }
}

$SIG{$_} = 'IGNORE' for qw(PIPE HUP);
$SIG{CHLD} = sub { };
# The host may have sent half a line to the system that ran before.
syswrite $port, "\n";
send_to_host('ready', word_of('/proc/sys/kernel/random/boot_id'));
my $received = '';
while (1) {
    my ($reads, $writes) = ('', '');
    vec($reads, fileno $port, 1) = 1;
    for my $id (keys %shells) {
        my $shell = $shells{$id};
        delete $shell->{to} if $shell->{closed} && !length $shell->{input};
        delete $shells{$id}, next if $shell->{ended} && !$shell->{out} && !$shell->{err};
        vec($reads, fileno $shell->{$_}, 1) = 1 for grep { $shell->{$_} } qw(out err);
        vec($writes, fileno $shell->{to}, 1) = 1 if $shell->{to} && length $shell->{input};
    }
    # The limit: a child may end between reap() and here, and select then misses its signal.
    my $count = select $reads, $writes, undef, 0.5;
    reap();
    next if $count <= 0;
    if (vec $reads, fileno $port, 1) {
        my $read = sysread $port, $received, 65536, length $received;
        select undef, undef, undef, 0.05 unless $read;    # no host is connected
        handle_line($1) while $received =~ s/\A([^\n]*)\n//;
    }
    for my $id (keys %shells) {
        my $shell = $shells{$id} // next;
        for my $stream (grep { $shell->{$_} && vec $reads, fileno $shell->{$_}, 1 } qw(out err)) {
            pass_on($id, $shell, $stream);
        }
        feed($shell) if $shell->{to} && length $shell->{input} && vec $writes, fileno $shell->{to}, 1;
    }
}
