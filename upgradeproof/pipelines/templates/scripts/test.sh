PATH="$PWD/.venv/bin:$PATH"
pytest --fresh "--upgradeproof-shard=shards.json:$SHARD" "--reports=parts/$SHARD"
