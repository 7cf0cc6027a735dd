"""Changes that nothing explains: grouped, summarised, and covered by narrow globs. Pure.

A user examines each group, and writes a reason for it into the plan, or fixes the product.
This package never makes up a reason.
"""

from upgradeproof.review.globs import Paths, covering
from upgradeproof.review.groups import Group, group
from upgradeproof.review.summary import snippet, summary

__all__ = ["Group", "Paths", "covering", "group", "snippet", "summary"]
