"""Shards as a person reads them, and as CI servers do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml

from upgradeproof.counting import counted
from upgradeproof.errors import PlanError
from upgradeproof.sharding.model import Shards

FORMATS = ("text", "json", "github", "gitlab", "jenkins")
MAX_GITHUB = 256
"""Jobs of a matrix: GitHub refuses more."""
MINUTE_S = 60


def show(shards: Shards, form: str) -> str:
    """Return the shards in one of FORMATS. Raises PlanError for more than a server takes."""
    match form:
        case "json":
            return shards.model_dump_json(indent=1) + "\n"
        case "github":
            return json.dumps(_github(shards)) + "\n"
        case "gitlab":
            return yaml.safe_dump(_gitlab(shards), sort_keys=False)
        case "jenkins":
            return "".join(
                f"{shard.number} {' && '.join(shard.labels)}\n" for shard in shards.shards
            )
        case _:
            return "".join(f"{line}\n" for line in _text(shards))


def _text(shards: Shards) -> Iterator[str]:
    for shard in shards.shards:
        minutes = shard.estimate_s / MINUTE_S
        cells = counted(len(shard.cells), "cell")
        yield f"shard {shard.number} on {shard.runner}: {cells}, about {minutes:.0f} min"
        for cell in shard.cells:
            yield f"  {cell.estimate_s:>7.0f} s  {cell.id}{_BASIS[cell.estimated_from]}"
    every = [shard.estimate_s for shard in shards.shards]
    mean = sum(every) / len(every)
    yield f"longest shard: {max(every) / mean:.2f} times the mean of {mean / MINUTE_S:.0f} min"


_BASIS = {
    "cell": "",
    "product": "  (estimated from its product)",
    "machine": "  (estimated from its kind of machine)",
    "none": "  (nothing recorded)",
}


def _github(shards: Shards) -> dict[str, Any]:
    """Return the matrix of a job."""
    if len(shards.shards) > MAX_GITHUB:
        raise PlanError(
            f"GitHub runs at most {MAX_GITHUB} jobs of a matrix, and there are"
            f" {counted(len(shards.shards), 'shard')}",
            resolution="allow fewer shards by --count, or more minutes by --max-minutes",
        )
    return {
        "include": [
            {"shard": each.number, "runner": each.runner, "labels": list(each.labels)}
            for each in shards.shards
        ]
    }


def _gitlab(shards: Shards) -> dict[str, Any]:
    """Return a child pipeline's jobs; the hidden job that they extend is in the project."""
    return {
        f"upgrade {each.number}": {
            "extends": ".upgradeproof-shard",
            "tags": list(each.labels),
            "variables": {"SHARD": str(each.number)},
        }
        for each in shards.shards
    }
