PATH="$PWD/.venv/bin:$PATH"
set --
[ ! -f ci/durations.json ] || set -- --durations ci/durations.json
upgradeproof shards "$@" <<words>> --runners ci/<<server>>-runners.toml --format <<server>> ><<output>>
