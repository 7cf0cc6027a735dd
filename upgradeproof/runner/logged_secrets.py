"""Secrets of configuration files that a machine has in its logs."""

from __future__ import annotations

from upgradeproof.machines import Machine
from upgradeproof.probes.text import clean, rows

TIMEOUT_S = 60.0
MAX_SECRETS = 200
MAX_BYTES = 4_194_304
"""Of one log: its end is read."""
SETTINGS, LOGS, JOURNAL = "/etc", "/var/log", "the journal"

# A secret is the value of a setting that is called one, with a letter and a digit. It never leaves
# the machine: only the names of the two files do.
_SCRIPT = r"""
[ -x /usr/bin/perl ] || { echo 'impossible	there is no perl'; exit 0; }
timeout 50 /usr/bin/perl - <<'END_OF_PERL'
use strict; use warnings;
my %secrets;
open my $settings, '-|', 'grep', '-rIsiE', '--null',
  '(pass|passwd|password|passphrase|secret|token|api_?key)["\x27]?[[:space:]]*[=:]', 'SETTINGS';
while (<$settings>) {
  my ($file, $text) = /^(.*?)\0(.*)$/ or next;
  next if $text =~ /^\s*[#;]/ || $file =~ /[\t\n]/ || keys %secrets >= MAX_SECRETS;
  next unless $text =~ /(?:pass(?:w(?:or)?d|phrase)?|secret|token|api_?key)["']?\s*[=:]
    \s*["']?([^\s"';,\$]{8,100})/ix;
  my $value = $1;
  $secrets{$value} //= $file if $value =~ /[a-z]/i && $value =~ /\d/ && $value !~ m{^/};
}
close $settings;
sub report {
  my ($log, $text) = @_;
  my %named;
  for (sort keys %secrets) { $named{ $secrets{$_} } = 1 if index($text, $_) >= 0 }
  print "secret\t$log\t$_\n" for sort keys %named;
}
print "settings\t", scalar(keys %secrets), "\n";
exit unless %secrets;
open my $logs, '-|', 'find', 'LOGS', '-xdev', '-type', 'f', '!', '-path', '*/journal/*', '-print0';
{ local $/ = "\0";
  while (my $log = <$logs>) {
    chomp $log;
    next if $log =~ /[\t\n]/ || !open my $handle, '<:raw', $log;
    my $size = -s $handle;
    seek $handle, $size - MAX_BYTES, 0 if $size > MAX_BYTES;
    read $handle, my $text, MAX_BYTES;
    report($log, $text);
  } }
close $logs;
my $journal = `journalctl --boot --no-pager --output=cat 2>/dev/null | tail -c MAX_BYTES`;
report('JOURNAL', $journal // '');
END_OF_PERL
exit 0
"""


def secrets_in_logs(
    machine: Machine, settings: str = SETTINGS, logs: str = LOGS
) -> set[tuple[str, str]] | None:
    """Return each log that contains a secret, with the file of configuration that sets it.

    Returns None where no file sets a secret, or the machine has no perl.
    """
    values = {
        "SETTINGS": settings,
        "LOGS": logs,
        "JOURNAL": JOURNAL,
        "MAX_SECRETS": str(MAX_SECRETS),
        "MAX_BYTES": str(MAX_BYTES),
    }
    script = _SCRIPT
    for name, value in values.items():
        script = script.replace(name, value)
    found: set[tuple[str, str]] = set()
    known = False
    for cells in rows(clean(machine.run(script, timeout_s=TIMEOUT_S).text)):
        match cells:
            case ["secret", log, file]:
                found.add((log, file))
            case ["settings", number]:
                known = number != "0"
    return found if known else None
