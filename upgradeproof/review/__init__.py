"""Changes that nothing explains: grouped, summarised, and covered by narrow globs. Pure.

An author looks at each group, and writes a reason for it into the plan, or repairs the product.
This package never makes up a reason.
"""

from upgradeproof.review.globs import Paths, covering
from upgradeproof.review.groups import Group, group
from upgradeproof.review.summary import snippet, summary

__all__ = ["Group", "Paths", "covering", "group", "snippet", "summary"]
