PATH="$PWD/.venv/bin:$PATH"
upgradeproof decide reports/out
