"""Ask over TCP, UDP and unix sockets by Perl, which every machine has; mail over TLS by openssl."""

from __future__ import annotations

import shlex
from typing import Literal

TIMEOUT_S = 20
"""Limit of one answer."""
MAXIMUM_BYTES = 1 << 20
_IDLE_S = 1.5
"""After that much silence an answer that has no mark of its end is whole."""
Ends = Literal["text", "close", "packet", "silence", "lines"]
"""When an answer is whole: it holds a text, the peer closes, one packet came, nothing comes any
more, or each line that was sent was answered."""

# Arguments: transport, address, port, how an answer ends, and what it must hold. The request comes
# by standard input.
_PERL = r"""
use strict; use IO::Socket::IP; use IO::Socket::UNIX; use IO::Select;
my ($transport, $address, $port, $ends, $text) = @ARGV;
$SIG{PIPE} = "IGNORE"; $SIG{ALRM} = sub { die "no whole answer in LIMIT s\n" };
binmode STDIN; binmode STDOUT;
my $request = do { local $/; <STDIN> } // "";
alarm LIMIT;
my $peer = $transport eq "unix"
  ? IO::Socket::UNIX->new(Peer => $address, Timeout => LIMIT)
  : IO::Socket::IP->new(PeerHost => $address, PeerPort => $port, Proto => $transport,
                        Timeout => LIMIT);
die(($@ || $!) . "\n") unless $peer;
my $said = "";
sub more {
  return 0 unless IO::Select->new($peer)->can_read(shift);
  my $count = sysread $peer, my $bytes, 65536;
  die "$!\n" unless defined $count;
  $said .= $bytes;
  $count;
}
END { print $said if defined $said }
if ($ends eq "lines") {
  for my $line ("", split /(?<=\n)/, $request) {
    syswrite $peer, $line;
    my $from = length $said;
    until (substr($said, $from) =~ /(?:^|\n)(?:\d{3}|\*|\w+)(?: [^\n]*)?\n\z/ && !more(0.2)) {
      more(LIMIT) or last;
    }
  }
  exit 0;
}
syswrite $peer, $request or die "$!\n" if length $request;
while (length $said < MAXIMUM) {
  more($ends eq "silence" && length $said ? IDLE : LIMIT) or last;
  last if $ends eq "packet" || $ends eq "text" && index($said, $text) >= 0;
}
die "the connection was closed without an answer\n" unless length $said;
"""
_PERL = (
    _PERL.replace("LIMIT", str(TIMEOUT_S))
    .replace("MAXIMUM", str(MAXIMUM_BYTES))
    .replace("IDLE", str(_IDLE_S))
)
# No line may come before the last one was answered: mail servers take that for spam.
_STARTTLS = """
command -v openssl >/dev/null || {{ echo there is no openssl on the machine >&2; exit 127; }}
request=$(cat)
{{ sleep 0.5; printf '%s\\n' "$request" | while IFS= read -r line; do
  printf '%s\\r\\n' "$line"; sleep 0.5; done; sleep 0.5; }} |
  timeout {limit} openssl s_client -quiet -starttls {protocol} -connect {address} \\
    -servername {host} -verify_quiet -verify_return_error -verify_hostname {host}{trust}
"""


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

    It exits with another status than 0, and its errors say why, where there is none. ``address`` is
    a path for a unix socket. ``user``: who asks; empty: root.
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


def mail_script(protocol: str, address: str, port: int, host: str, ca: str) -> str:
    """Return the script that sends its standard input, line by line, over STARTTLS.

    The server's certificate must be ``host``'s, signed by ``ca`` or by one of the machine's store.
    """
    trust = f" -CAfile {shlex.quote(ca)} -no-CApath" if ca else ""
    return _STARTTLS.format(
        limit=TIMEOUT_S,
        protocol=protocol,
        address=shlex.quote(joined(address, port)),
        host=shlex.quote(host),
        trust=trust,
    )


def joined(address: str, port: int) -> str:
    """Return an address with its port, as clients write it."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def complaints(stderr: str) -> tuple[str, ...]:
    """Return the lines of a client's standard error, without blanks and what says how far it is."""
    lines = (line.rstrip() for line in stderr.split("\n"))
    return tuple(line for line in lines if line and not line.startswith("Connecting to "))
