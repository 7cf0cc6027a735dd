# What the server is, and what of it a twin may not have; see reader.py.
printf 'architecture\t%s\n' "$(dpkg --print-architecture)"
grep -E '^(ID|VERSION_ID|VERSION_CODENAME|PRETTY_NAME)=' /etc/os-release | tr -d '"' | sed 's/=/\t/; s/^/os\t/'
printf 'name\t%s\n' "$(uname -n)"
printf 'kernel\t%s\n' "$(uname -r)"
printf 'virtual\t%s\n' "$(systemd-detect-virt 2>/dev/null)"
for address in $(hostname -I 2>/dev/null); do printf 'address\t%s\n' "$address"; done
[ -n "$(systemd-detect-virt -c 2>/dev/null | grep -v none)" ] ||
  cut -d ' ' -f 1 /proc/modules 2>/dev/null | sort | sed 's/^/module\t/'
awk '{ i = 7; while ($i != "-") i++; print "mount\t" $5 "\t" $(i + 1) }' /proc/self/mountinfo
for device in /sys/class/block/*/device; do
  [ -e "$device" ] && printf 'disk\t%s\n' "$(basename "$(dirname "$device")")"; done
apt-cache policy -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= 2>/dev/null | sed -E 's,//[^/@ ]*@,//,' | awk '
  $1 ~ /^-?[0-9]+$/ { url = $2; suite = $3 }
  $1 == "release" { origin = ""; n = split($0, part, ",")
    for (i = 1; i <= n; i++) if (part[i] ~ /^( *release )?o=/) { sub(/.*o=/, "", part[i]); origin = part[i] }
    if (url != "" && url !~ /^\/var\/lib\/dpkg/) { print "source\t" url "\t" suite "\t" origin; url = "" } }'
timeout 60 du -xk --max-depth=1 /srv /home /opt /root /var/lib /var/www /var/mail /var/spool /var/backups /var/local 2>/dev/null |
  awk -F '\t' '$1 >= 64 || $2 ~ /^\/(srv|opt|home|var\/www)\/./ { print "size\t" $1 "\t" $2 }'
exit 0
