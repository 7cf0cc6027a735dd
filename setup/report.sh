# The messages of the set-up. Sourced by setup.sh.
# shellcheck shell=bash

report() {
    echo "set-up: $*"
}

# fail WHAT ADVICE...: print what is wrong and what to do, and end.
fail() {
    {
        echo "set-up: $1"
        shift
        printf '  %s\n' "$@"
    } >&2
    exit 1
}

# quietly WHAT COMMAND...: print what is done and do it; its output is shown only if it fails.
quietly() {
    local what=$1 log
    shift
    report "$what"
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1 </dev/null; then
        tail -n 30 "$log" >&2
        rm -f "$log"
        fail "failed: $what" "the command was: $*"
    fi
    rm -f "$log"
}
