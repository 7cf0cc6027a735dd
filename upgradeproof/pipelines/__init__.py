"""Pipelines for CI servers, written from templates: plan, shards, run, fold, sign-off.

All servers run the same shell scripts; a template adds what its server needs around them.
"""

from upgradeproof.pipelines.writing import Pipeline, Server, write_pipeline

__all__ = ["Pipeline", "Server", "write_pipeline"]
