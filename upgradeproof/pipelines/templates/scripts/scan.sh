PATH="$PWD/.venv/bin:$PATH"
upgradeproof scan reports/out
