PATH="$PWD/.venv/bin:$PATH"
upgradeproof scan reports/out || [ $? -eq 1 ] # the policy states what a finding means
