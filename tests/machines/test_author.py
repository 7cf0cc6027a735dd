"""What the author of a plan can check on a real machine: commands, data, scripts, endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.machines.starting import Start
from upgradeproof.endpoints import Answer, ask
from upgradeproof.machines import Machine
from upgradeproof.plan import Data, Endpoint
from upgradeproof.probes import CommandInput, ProbeInputs
from upgradeproof.probes.base import Probe
from upgradeproof.probes.command_results import CommandResults
from upgradeproof.probes.inputs import TlsInput
from upgradeproof.probes.script_runs import ScriptRuns
from upgradeproof.probes.scripts import Scripts
from upgradeproof.probes.tls_offers import TlsOffers

SERVERS = r"""
mkdir -p /etc/ssl/corp; cd /etc/ssl/corp
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj '/CN=CA'
openssl req -newkey rsa:2048 -nodes -keyout s.key -out s.csr -subj '/CN=www.example.test'
printf 'subjectAltName=DNS:www.example.test\n' >ext
openssl x509 -req -in s.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ext \
  -out s.pem
cat >/opt/serve <<'PERL'
use IO::Socket::IP; use IO::Socket::UNIX; use IO::Select; umask 0;
my %answer = (8001 => "HTTP/1.0 200 OK\r\n\r\nlocal", stream => "hello");
my $web = IO::Socket::IP->new(LocalHost => "127.0.0.1", LocalPort => 8001, Listen => 5);
my $udp = IO::Socket::IP->new(LocalHost => "127.0.0.1", LocalPort => 8002, Proto => "udp");
my $mail = IO::Socket::IP->new(LocalHost => "127.0.0.1", LocalPort => 8003, Listen => 5);
my $unix = IO::Socket::UNIX->new(Local => "/run/open.sock", Listen => 5);
umask 077;
my $private = IO::Socket::UNIX->new(Local => "/run/private.sock", Listen => 5);
while (my @ready = IO::Select->new($web, $udp, $mail, $unix, $private)->can_read) {
  for my $one (@ready) {
    if ($one == $udp) { $udp->recv(my $text, 999); $udp->send("received $text"); next }
    my $peer = $one->accept;
    if ($one == $mail) {
      print $peer "220 ready\r\n"; $peer->flush;
      while (<$peer>) {
        print $peer /QUIT/ ? "221 bye\r\n" : "250-more\r\n250 got $_";
        last if /QUIT/;
      }
    } elsif ($one == $web) { sysread $peer, $_, 999; print $peer $answer{8001} }
    else { print $peer $answer{stream} }
    close $peer;
  }
}
PERL
setsid perl /opt/serve </dev/null >/dev/null 2>&1 &
cat >/opt/starttls <<'PERL'
use IO::Socket::IP; use IO::Select; $SIG{CHLD} = "IGNORE";
my $mail = IO::Socket::IP->new(LocalHost => "127.0.0.1", LocalPort => 8004, Listen => 5);
while (my $peer = $mail->accept) {
  next if fork;
  for my $answer ("220 ready", "250-more\r\n250 STARTTLS", "220 go") {
    syswrite $peer, "$answer\r\n"; sysread $peer, $_, 999 unless $answer =~ / go/;
  }
  my $tls = IO::Socket::IP->new(PeerHost => "127.0.0.1", PeerPort => 8444);
  my %other = ($peer => $tls, $tls => $peer);
  while (my @ready = IO::Select->new($peer, $tls)->can_read) {
    for (@ready) { sysread $_, my $bytes, 65536 or exit; syswrite $other{$_}, $bytes }
  }
}
PERL
setsid perl /opt/starttls </dev/null >/dev/null 2>&1 &
setsid openssl s_server -quiet -accept 127.0.0.1:8444 -cert s.pem -key s.key -rev \
  </dev/null >/dev/null 2>&1 &
setsid openssl s_server -quiet -accept 127.0.0.1:8443 -cert s.pem -key s.key -www \
  </dev/null >/dev/null 2>&1 &
for i in $(seq 50); do
  [ -S /run/private.sock ] && grep -q ':20FB ' /proc/net/tcp &&
    grep -q ':20FC ' /proc/net/tcp && exit 0; sleep 0.1; done
exit 1
"""

CERTIFICATE = {"host": "www.example.test", "ca": "/etc/ssl/corp/ca.pem"}
SENT = {"send": "HELP", **CERTIFICATE}


@pytest.fixture(scope="module")
def machine(start: Start) -> Iterator[Machine]:
    with start("author") as started:
        done = started.run(SERVERS)
        assert done.ok, done.tail
        yield started


def asked(machine: Machine, kind: str, **keys: Any) -> tuple[Endpoint, Answer]:
    endpoint = Endpoint.model_validate({"id": "a", "kind": kind, **keys})
    return endpoint, ask(machine, endpoint, endpoint.port, "127.0.0.1")


@pytest.mark.parametrize(
    ("kind", "keys", "client"),
    [
        ("http", {"port": 8001, "contains": "local"}, "perl"),
        ("udp", {"port": 8002, "send": "x", "contains": "received x"}, "perl"),
        ("smtp", {"port": 8003, "send": "HELP", "contains": "got HELP"}, "perl"),
        ("unix", {"socket": "/run/open.sock", "user": "www-data", "contains": "hello"}, "perl"),
        ("unix", {"socket": "/run/private.sock", "contains": "hello"}, "perl"),
        (
            "https",
            {"port": 8443, **CERTIFICATE},
            "openssl",
        ),
        ("tls", {"port": 8443, **CERTIFICATE}, "openssl"),
        ("tls", {"port": 8444, "send": "hello\n", "contains": "olleh", **CERTIFICATE}, "openssl"),
        ("smtp", {"port": 8004, "starttls": True, "contains": "PLEH", **SENT}, "openssl"),
    ],
)
def test_what_only_the_machine_can_reach_is_asked_on_the_machine(
    machine: Machine, kind: str, keys: dict[str, Any], client: str
) -> None:
    endpoint, answer = asked(machine, kind, **keys)
    assert answer.fits(endpoint), answer
    assert answer.client == f"{client} on the machine"


@pytest.mark.parametrize(
    ("kind", "keys", "problem"),
    [
        ("http", {"port": 8009}, "refused"),
        ("udp", {"port": 8009, "send": "x"}, "refused"),
        ("dns", {"port": 8009, "send": "a.test A"}, "refused"),
        ("unix", {"socket": "/run/none.sock"}, "No such file"),
        ("unix", {"socket": "/run/private.sock", "user": "www-data"}, "Permission denied"),
        ("unix", {"socket": "/run/open.sock", "user": "no-such"}, "no such user"),
        ("https", {"port": 8443, "host": "www.example.test"}, "unable to get local issuer"),
        ("https", {"port": 8443, "host": "b.test", "ca": "/etc/ssl/corp/ca.pem"}, "mismatch"),
        ("tls", {"port": 8443, "host": "www.example.test"}, "unable to get local issuer"),
        ("tls", {"port": 8443, "host": "b.test", "ca": "/etc/ssl/corp/ca.pem"}, "mismatch"),
        ("tls", {"port": 8001, **CERTIFICATE}, "error"),
        ("tls", {"port": 8009, **CERTIFICATE}, "refused"),
        ("smtp", {"port": 8004, "starttls": True}, "unable to get local issuer"),
    ],
)
def test_the_cause_of_a_missing_answer_is_reported(
    machine: Machine, kind: str, keys: dict[str, Any], problem: str
) -> None:
    endpoint, answer = asked(machine, kind, **keys)
    assert not answer.fits(endpoint)
    assert problem in answer.problem


def read(machine: Machine, probe: type[Probe[Any]], inputs: ProbeInputs) -> dict[str, Any]:
    done = machine.run(probe.script(inputs), timeout_s=200)
    assert done.ok, done.tail
    return probe.parse(done.stdout.decode(), inputs)


def test_what_tls_offers_is_read_by_handshakes(machine: Machine) -> None:
    endpoint = TlsInput(id="www", port=8443, host="www.example.test")
    found = read(machine, TlsOffers, ProbeInputs(tls=(endpoint,)))
    assert "issuer=CN=CA" in found["www"].certificate.replace(" ", "")
    assert found["www/TLSv1.3"].suites == (
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
    )
    assert "ECDHE-RSA-AES256-GCM-SHA384" in found["www/TLSv1.2"].suites


def test_commands_run_as_their_user_and_are_bounded(machine: Machine) -> None:
    runs = (
        CommandInput(id="who", script="id -un; tty; pwd", user="www-data"),
        CommandInput(id="late", script="sleep 100 & sleep 100", timeout_s=1),
    )
    found = read(machine, CommandResults, ProbeInputs(runs=runs))
    assert found["who"].stdout == "www-data\nnot a tty\n/\n"  # its home folder does not exist
    assert found["late"].problem == "it did not end in 1 s"
    assert machine.run("grep -l sleep /proc/[0-9]*/comm").text == ""


def test_each_write_of_data_has_its_own_value(machine: Machine) -> None:
    keys = {"write": "echo $UPGRADEPROOF_VALUE >/srv/n", "read": "cat /srv/n | cat"}
    note = Data.model_validate({"id": "note", **keys, "equals": "$UPGRADEPROOF_VALUE"})
    assert machine.run(note.to_write()).ok
    assert machine.run(note.to_read()).text == note.expected()
    assert machine.run(note.to_write("after")).ok
    assert machine.run(note.to_read()).text == note.expected("after") != note.expected()
    machine.run("rm /srv/n")
    assert not machine.run(note.to_read()).ok  # a pipeline fails with its first command


def test_scripts_are_listed_and_run(machine: Machine) -> None:
    machine.put(b"#!/bin/sh\necho x >/srv/dump; nosuchtool\n", "/usr/local/bin/dump", mode=0o755)
    machine.put(b"* * * * * www-data id -un >/tmp/who\n", "/etc/cron.d/own")
    listed = read(machine, Scripts, ProbeInputs())
    assert {"/usr/local/bin/dump", "/etc/cron.d/own: id -un >/tmp/who"} <= set(listed)
    ran = read(machine, ScriptRuns, ProbeInputs(run_scripts=True))
    assert set(ran) == set(listed)
    dump = ran["/usr/local/bin/dump"]
    assert (dump.exit_status, dump.written) == (127, {"/srv/dump": 2})
    assert "nosuchtool: not found" in dump.stderr[0]
    who = ran["/etc/cron.d/own: id -un >/tmp/who"]
    assert (who.written, who.texts) == ({"/tmp/who": 9}, {"/tmp/who": ("www-data",)})
