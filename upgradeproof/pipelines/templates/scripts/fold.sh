PATH="$PWD/.venv/bin:$PATH"
set -- parts/*
[ -e "$1" ] || set --
upgradeproof report "$@" --expect shards.json --to reports/out || [ $? -eq 1 ]<<more_reports>>
