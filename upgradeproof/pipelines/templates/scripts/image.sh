PATH="$PWD/.venv/bin:$PATH"
[ ! -e /dev/kvm ] || [ -w /dev/kvm ] || sudo chmod a+rw /dev/kvm
upgradeproof images --shard "shards.json:$SHARD"
