while read -r wanted; do
  name=${wanted%%=*}
  if apt-cache show "$wanted" >/dev/null 2>&1; then printf '%s\n' "$wanted"
  elif apt-cache show "$name" >/dev/null 2>&1; then
    printf '%s\n' "$name"; echo "$wanted: another version, this one is not offered" >&2
  else echo "$wanted: no archive offers it" >&2; fi
done <<'PACKAGES' >/run/captured.packages
base-files=1.4
libweb1=1.0-1
web=2:1.0-1
PACKAGES
export DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none NEEDRESTART_MODE=a
xargs apt-get -q -y -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 --no-install-recommends \
  --allow-downgrades install </run/captured.packages
rm /run/captured.packages
