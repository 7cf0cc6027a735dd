cd /opt/upgradeproof/twin
cat >wanted <<'PACKAGES'
base-files=1.4
libweb1=1.0-1
web=2:1.0-1
PACKAGES
cut -d = -f 1 wanted | xargs apt-cache madison 2>/dev/null |
  awk -F '|' '/ Packages *$/ { gsub(/ /, ""); print $1 "=" $2 }' >offered
awk -F = '
  NR == FNR { exact[$0] = 1; some[$1] = 1; next }
  $0 in exact { print; next }
  $1 in some { print $1; print $0 ": another version is installed" >"/dev/stderr"; next }
  { print $0 ": no archive offers it" >"/dev/stderr" }' offered wanted >chosen
# Services start at the end, with the server's configuration.
policy=/usr/sbin/policy-rc.d
[ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod 755 "$policy"; own=1; }
trap '[ -z "${own:-}" ] || rm -f "$policy"' EXIT
export DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none NEEDRESTART_MODE=a
xargs apt-get -q -y -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 --no-install-recommends \
  --allow-downgrades install <chosen
