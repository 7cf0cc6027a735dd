systemctl daemon-reload
failed=
systemctl restart -- web.service || failed=$failed' web.service'
for unit in off.service; do
  ! systemctl -q is-active "$unit" || systemctl stop -- "$unit" || :
done
sysctl -q --system || :
[ -z "$failed" ] || echo "not started:$failed"
