"""Run scripts of a plan's author on a machine: bounded in time and output, as a user, no terminal.

A script of the author's may hang, print without end, ask a question or leave processes behind. A
supervisor in Perl, which every Debian has, starts each in a session of its own, reads both streams
to their end, and ends all its remaining processes when its time is over.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from upgradeproof.probes.text import clean, decoded, number, rows

MAXIMUM_OUTPUT_BYTES = 65_536
"""Of each stream; the rest is counted only."""
ALL_JOBS_TIMEOUT_S = 200
"""Limit of all scripts of one probe: a pass of all probes has 300 s."""
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# Arguments: the limit of all jobs, then for each its limit, its user and its script.
_SUPERVISOR = r"""
use strict; use POSIX ":sys_wait_h"; use IO::Select;
my $end = time + shift @ARGV;
sub base64 {
  my $text = pack "u", $_[0];
  $text =~ s/^.//mg; $text =~ s/\n//g; $text =~ tr|` -_|AA-Za-z0-9+/|;
  my $pad = (3 - length($_[0]) % 3) % 3;
  $text =~ s/.{$pad}$/"=" x $pad/e if $pad;
  $text;
}
sub family {
  my %children;
  for my $file (glob "/proc/[0-9]*/stat") {
    open my $stat, "<", $file or next;
    push @{$children{$2}}, $1 if (<$stat> // "") =~ /^(\d+) .*\) \S (\d+)/s;
  }
  my @found = shift;
  for (my $at = 0; $at < @found; $at++) { push @found, @{$children{$found[$at]} || []} }
  @found;
}
sub become {
  my ($name, $script) = @_;
  my @entry = $name eq "" ? getpwuid 0 : getpwnam $name;
  %ENV = (PATH => "PATHS", HOME => $entry[7], USER => $entry[0], LOGNAME => $entry[0],
          SHELL => "/bin/sh");
  chdir($name eq "" ? "/" : $entry[7]) or chdir "/";
  my @as = $entry[2] ? ("setpriv", "--reuid=$entry[2]", "--regid=$entry[3]", "--init-groups") : ();
  exec @as, "/bin/sh", "-c", $script or print STDERR "$!\n";
  POSIX::_exit(126);
}
sub job {
  my ($limit, $name, $script) = @_;
  return "no such user" if $name ne "" && !defined getpwnam $name;
  $limit = $end - time if $limit > $end - time;
  return "timeout" if $limit <= 0;
  pipe my $out, my $out_end; pipe my $err, my $err_end;
  my $pid = fork;
  if (!$pid) {
    POSIX::setsid();
    open STDIN, "<", "/dev/null"; open STDOUT, ">&", $out_end; open STDERR, ">&", $err_end;
    close $_ for $out, $out_end, $err, $err_end;
    $SIG{PIPE} = "DEFAULT";
    become($name, $script);
  }
  close $out_end; close $err_end;
  my %output = ($out => "", $err => ""); my %size = ($out => 0, $err => 0);
  my $open = IO::Select->new($out, $err);
  my ($stop, $status, $quiet) = (time + $limit, undef, 0);
  while ($open->count || !defined $status) {
    my @ready = $open->count ? $open->can_read(0.1) : select undef, undef, undef, 0.05;
    for my $stream (grep { ref } @ready) {
      my $count = sysread $stream, my $bytes, 65536;
      if (!$count) { $open->remove($stream); next }
      $size{$stream} += $count;
      $output{$stream} = substr $output{$stream} . $bytes, 0, MAXIMUM;
    }
    if (!defined $status && waitpid($pid, WNOHANG) == $pid) { $status = $? }
    $quiet = defined $status && !@ready ? $quiet + 1 : 0;
    last if $quiet > 5;
    if (time >= $stop) {
      last if defined $status;
      kill "STOP", family($pid); my @all = family($pid); kill "KILL", @all; waitpid $pid, 0;
      $status = "timeout";
      last;
    }
  }
  $status = ($status & 127) ? 128 + ($status & 127) : $status >> 8 if $status ne "timeout";
  join "\t", $status, $size{$out}, base64($output{$out}), $size{$err}, base64($output{$err});
}
my $index = 0;
while (@ARGV) { print "job\t", $index++, "\t", job(splice @ARGV, 0, 3), "\n" }
"""


SUPERVISOR = shlex.quote(
    _SUPERVISOR.replace("PATHS", _PATH).replace("MAXIMUM", str(MAXIMUM_OUTPUT_BYTES))
)
"""The program, as a word of the shell. Its arguments: the limit of all jobs in seconds, then limit,
user and script of each."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A script to run: as which user (empty: root, in ``/``), and how long at most, in seconds."""

    script: str
    user: str = ""
    timeout_s: float = 30.0


@dataclass(frozen=True, kw_only=True)
class JobResult:
    """What a script did."""

    exit_status: int | None = None
    """None: it did not run, or it did not end."""
    stdout: str = ""
    stdout_bytes: int = 0
    """All of them; ``stdout`` holds the first 64 KiB."""
    stderr: str = ""
    problem: str = ""
    """Why there is no exit status."""


def supervise(jobs: Sequence[Job]) -> str:
    """Return the POSIX shell script that runs the jobs, one after the other."""
    if not jobs:
        return ":"
    words = [str(ALL_JOBS_TIMEOUT_S)]
    for job in jobs:
        words += [f"{max(1, job.timeout_s):.0f}", job.user, job.script]
    return f"perl -e {SUPERVISOR} -- {shlex.join(words)}"


def results(output: str, jobs: Sequence[Job]) -> tuple[JobResult, ...]:
    """Return what the jobs did, from what ``supervise``'s script printed, in their order."""
    found: dict[int, JobResult] = {}
    for cells in rows(output):
        match cells:
            case ["job", index, "no such user"] if (job := _job(index, jobs)) is not None:
                found[int(index)] = JobResult(problem=f"there is no user {job.user}")
            case ["job", index, "timeout", *rest] if (job := _job(index, jobs)) is not None:
                late = f"it did not end in {job.timeout_s:g} s"
                found[int(index)] = _result(rest, None, late)
            case ["job", index, status, *rest] if _job(index, jobs) and number(status) is not None:
                found[int(index)] = _result(rest, number(status))
    lost = JobResult(problem="its result is unknown: the supervisor ended early")
    return tuple(found.get(index, lost) for index in range(len(jobs)))


def _job(index: str, jobs: Sequence[Job]) -> Job | None:
    at = number(index)
    return jobs[at] if at is not None and at < len(jobs) else None


def _result(cells: Sequence[str], exit_status: int | None, problem: str = "") -> JobResult:
    size, out, _, err = [*cells, *[""] * 4][:4]
    return JobResult(
        exit_status=exit_status,
        stdout=_text(out),
        stdout_bytes=number(size) or 0,
        stderr=_text(err),
        problem=problem,
    )


def _text(encoded: str) -> str:
    return clean(decoded(encoded).decode("utf-8", "replace"))
