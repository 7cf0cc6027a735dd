"""What upgradeproof costs and saves, beside what its user would run instead, in one run."""
