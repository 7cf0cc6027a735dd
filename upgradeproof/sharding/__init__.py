"""Shards: the cells of the plans in parts for many machines, and their results.

Pure: no machine is touched. ``shards.json`` states which cells each part must bring, so that a part
that got lost is noticed when the parts are folded.
"""

from upgradeproof.sharding.balance import by_count, by_minutes
from upgradeproof.sharding.estimating import Estimates
from upgradeproof.sharding.expecting import Expected, expect
from upgradeproof.sharding.model import (
    Shard,
    ShardedCell,
    Shards,
    read_shards,
    shard_word,
    shards_of,
)
from upgradeproof.sharding.runners import Runner, load_runners, runners_of

__all__ = [
    "Estimates",
    "Expected",
    "Runner",
    "Shard",
    "ShardedCell",
    "Shards",
    "by_count",
    "by_minutes",
    "expect",
    "load_runners",
    "read_shards",
    "runners_of",
    "shard_word",
    "shards_of",
]
