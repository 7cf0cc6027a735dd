"""What upgradeproof costs and saves, compared with what its user would run instead, in one run."""
