"""Ask over TCP, UDP and unix sockets by Perl, which every machine has; over TLS with openssl."""

from __future__ import annotations

import shlex
from typing import Literal

TIMEOUT_S = 20
"""Limit of one answer."""
MAXIMUM_BYTES = 1 << 20
_IDLE_S = 1.5
"""After that much silence an answer without an end mark counts as complete."""
Ends = Literal["text", "close", "packet", "silence", "lines", "replies", "handshake"]
"""When an answer is whole: it contains a text, the peer closes, one packet came, nothing comes any
more, each line that was sent was answered (after a greeting, or without one), or the connection
over TLS is established."""

# Arguments: transport, address, port, how an answer ends, what it must contain, and for TLS the
# command of its client. The request comes by standard input.
_PERL = r"""
use strict; use Socket; use IO::Socket::IP; use IO::Socket::UNIX; use IO::Select;
my ($transport, $address, $port, $ends, $text, @client) = @ARGV;
$SIG{PIPE} = "IGNORE"; $SIG{ALRM} = sub { die "no whole answer in LIMIT s\n" };
binmode STDIN; binmode STDOUT;
my $request = do { local $/; <STDIN> } // "";
alarm LIMIT;
my $child;
sub client {
  socketpair my $ours, my $its, AF_UNIX, SOCK_STREAM, PF_UNSPEC or return;
  unless ($child = fork) {
    open STDIN, "<&", $its; open STDOUT, ">&", $its; close $ours;
    exec { $client[0] } @client or print STDERR "there is no $client[0] on the machine\n";
    exit 127;
  }
  close $its;
  $ours;
}
my $peer = $transport eq "tls" ? client()
  : $transport eq "unix"
  ? IO::Socket::UNIX->new(Peer => $address, Timeout => LIMIT)
  : IO::Socket::IP->new(PeerHost => $address, PeerPort => $port, Proto => $transport,
                        Timeout => LIMIT);
die(($@ || $!) . "\n") unless $peer;
my $received = "";
sub more {
  return 0 unless IO::Select->new($peer)->can_read(shift);
  my $count = sysread $peer, my $bytes, 65536;
  die "$!\n" unless defined $count;
  $received .= $bytes;
  $count;
}
END {
  print $received if defined $received;
  kill TERM => $child if $child;
}
if ($ends eq "lines" || $ends eq "replies") {
  for my $line ($ends eq "lines" ? "" : (), split /(?<=\n)/, $request) {
    syswrite $peer, $line;
    my $from = length $received;
    until (substr($received, $from) =~ /(?:^|\n)(?:\d{3}|\*|\w+)(?: [^\n]*)?\n\z/ && !more(0.2)) {
      more(LIMIT) or last;
    }
  }
  exit 0;
}
if ($ends eq "handshake") {
  shutdown $peer, 1;
  1 while more(LIMIT);
  waitpid $child, 0;
  exit $? >> 8;
}
syswrite $peer, $request or die "$!\n" if length $request;
while (length $received < MAXIMUM) {
  more($ends eq "silence" && length $received ? IDLE : LIMIT) or last;
  last if $ends eq "packet" || $ends eq "text" && index($received, $text) >= 0;
}
die "the connection was closed without an answer\n" unless length $received;
"""
_PERL = (
    _PERL.replace("LIMIT", str(TIMEOUT_S))
    .replace("MAXIMUM", str(MAXIMUM_BYTES))
    .replace("IDLE", str(_IDLE_S))
)


def raw_script(
    transport: Literal["tcp", "udp", "unix"],
    address: str,
    port: int | None,
    *,
    ends: Ends,
    text: str = "",
    user: str = "",
) -> str:
    """Return the script that sends its standard input and prints the answer.

    Without an answer its exit status is not 0, and its standard error has the reason. ``address``
    is a path for a unix socket. ``user``: the user that asks; empty: root.
    """
    words = ["perl", "-e", _PERL, "--", transport, address, str(port or ""), ends, text]
    return as_user(shlex.join(words), user)


def as_user(command: str, user: str) -> str:
    """Return a command that runs as a user, without a login; empty: as it is."""
    if not user:
        return command
    name = shlex.quote(user)
    return (
        f"id {name} >/dev/null || exit 126\n"
        f'exec setpriv --reuid="$(id -u {name})" --regid="$(id -g {name})" --init-groups --'
        f" {command}"
    )


def tls_script(
    address: str, port: int, host: str, ca: str, *, ends: Ends, text: str = "", starttls: str = ""
) -> str:
    """Return the script that sends its standard input over TLS and prints the answer.

    The server's certificate must be ``host``'s, signed by ``ca`` or by one of the machine's store.
    ``starttls`` is the protocol that switches to TLS; empty: TLS from the first byte.
    """
    client = ["openssl", "s_client", "-quiet", "-connect", joined(address, port)]
    client += ["-servername", host, "-verify_quiet", "-verify_return_error"]
    client += ["-verify_hostname", host]
    if ca:
        client += ["-CAfile", ca, "-no-CApath"]
    if starttls:
        client += ["-starttls", starttls]
    if ends == "handshake":
        client.append("-no_ign_eof")
    return shlex.join(["perl", "-e", _PERL, "--", "tls", address, str(port), ends, text, *client])


def joined(address: str, port: int) -> str:
    """Return an address with its port, as clients write it."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def complaints(stderr: str) -> tuple[str, ...]:
    """Return the lines of a client's standard error, without blank lines and progress."""
    lines = (line.rstrip() for line in stderr.split("\n"))
    return tuple(line for line in lines if line and not line.startswith("Connecting to "))
