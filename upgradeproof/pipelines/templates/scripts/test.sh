PATH="$PWD/.venv/bin:$PATH"
pytest --upgradeproof-fresh --upgradeproof-junit \
  "--upgradeproof-shard=shards.json:$SHARD" "--upgradeproof-reports=parts/$SHARD"
