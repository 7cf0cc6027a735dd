"""Ask the URLs of the machine itself that the administrator's files name."""

from __future__ import annotations

from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, number, rows

MAXIMUM_URLS = 50
LIMIT_S = 5
"""Of one answer."""
ALL_S = 60
"""Of all answers: what was not asked in this time has no record."""
AGAIN_S = 3
"""After this time, what was not answered is asked once more: its service may not be ready yet."""

# Only what reads is asked: a path with parameters, or with a word for an action, is left out.
_PROGRAM = r"""
use strict; use warnings; use IO::Socket::INET;
my $action = qr{(?:^|[/._-])(?:run|cron|trigger|hooks?|(?:re)?start|stop|reload|delete|remove
  |shutdown|quit|exit|kill|send|mail|notify|backup|sync|push|import|export|flush|purge|reset|jobs?|tasks?
  |execute|install|update|upgrade|write|log[io]n|logout)(?:[/._-]|$)}xi;
my (%named, @urls, %status);
while (<STDIN>) {
  my ($file, $line, $text) = /^([^:]+):(\d+):(.*)/ or next;
  next if $text =~ m{^\s*(?:\#|;|//|\*|--)} || $file =~ /\t/;
  while ($text =~ m{(http://(localhost|127\.0\.0\.1)(?::(\d+))?(/[\w.~/-]*)?)(?=[\s"'`;|)>,]|$)}g) {
    my ($url, $host, $port, $path) = ($1, $2, $3 || 80, $4 || '/');
    next if $named{$url} || $path =~ $action || @urls >= MAXIMUM_URLS;
    $named{$url} = "$file:$line";
    push @urls, [$url, $host, $port, $path];
  }
}
sub ask {
  my ($host, $port, $path) = @_;
  my $answer = eval {
    local $SIG{ALRM} = sub { die };
    local $SIG{PIPE} = 'IGNORE'; # the other side may close at once
    alarm LIMIT_S;
    my $socket = IO::Socket::INET->new(
      PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => LIMIT_S) or die;
    print $socket join "\r\n", "GET $path HTTP/1.1", "Host: $host:$port", 'User-Agent: curl/7',
      'Accept: */*', 'Connection: close', '', '';
    sysread $socket, my $line, 64; # an answer may have no end, and no end of its first line
    alarm 0;
    $line;
  };
  alarm 0;
  return ($answer // '') =~ m{^HTTP/[\d.]+ (\d+)} ? $1 : '';
}
my $end = time + ALL_S;
for my $round (1, 2) {
  my @left = grep { ($status{$_->[0]} // '') eq '' } @urls or last;
  sleep AGAIN_S if $round > 1;
  for (@left) { my ($url, @where) = @$_; last if time > $end; $status{$url} = ask(@where) }
}
for my $url (grep { exists $status{$_} } map { $_->[0] } @urls) { # what was asked
  print join("\t", 'url', $url, $status{$url}, $named{$url}), "\n";
}
"""
_SCRIPT = r"""
[ -x /usr/bin/perl ] || exit 0
p=$(mktemp /run/upgradeproof-urls.XXXXXX); trap 'rm -f "$p"' EXIT
cat >"$p" <<'END_OF_PERL'
PROGRAM
END_OF_PERL
timeout 30 grep -rIsnE 'http://(localhost|127\.0\.0\.1)[:/]' /etc /usr/local/bin /usr/local/sbin \
  /usr/local/lib /opt /srv /root/bin /var/spool/cron/crontabs --exclude-dir=node_modules \
  --exclude-dir='*-packages' --exclude-dir='.*' --exclude-dir=doc --exclude='*.dpkg-*' |
  head -n 1000 | cut -c 1-1000 | timeout 100 /usr/bin/perl "$p"
exit 0
"""


class UrlAnswer(Record):
    """What a URL was answered. All is volatile: a check compares it."""

    volatile: ClassVar[frozenset[str]] = frozenset({"status", "named_in"})
    status: int | None = None
    """Of HTTP; None: there was no answer."""
    named_in: str = ""
    """The first file that names it, and its line."""


class LocalUrls(Probe[UrlAnswer]):
    """Send a GET to each URL of 127.0.0.1 that a file of configuration or a script names.

    The key is the URL. Without TLS only; what has parameters or a word for an action is left out.
    """

    section = "local_urls"
    record: ClassVar[type[Record]] = UrlAnswer
    intrusive = True
    arrivals = False
    departures = False

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script."""
        program = _PROGRAM.strip().replace("MAXIMUM_URLS", str(MAXIMUM_URLS))
        program = program.replace("LIMIT_S", str(LIMIT_S)).replace("AGAIN_S", str(AGAIN_S))
        program = program.replace("ALL_S", str(ALL_S))
        return _SCRIPT.replace("PROGRAM", program)

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, UrlAnswer]:
        """Return the answers by URL."""
        found: dict[str, UrlAnswer] = {}
        for cells in rows(clean(output)):
            match cells:
                case ["url", url, status, place]:
                    found[url] = UrlAnswer(status=number(status), named_in=place)
        return found
