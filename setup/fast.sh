#!/usr/bin/env bash
# The first job of CI: style, words, imports, then types and unit tests for each supported Python.
#
#   setup/fast.sh                    Python 3.11, 3.12 and 3.13 (`make fast`)
#   PYTHONS=3.13 setup/fast.sh       one of them
#
# No machine, no Docker engine and no root is needed. A Python that is neither on this host nor in a
# reachable archive is named at the end: its unit tests did not run, its types were checked.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
venv=$root/.venv
profile=fast
cd "$root"

# shellcheck source=setup/report.sh
. setup/report.sh
# shellcheck source=setup/packages.sh
. setup/packages.sh
# shellcheck source=setup/venv.sh
. setup/venv.sh
# shellcheck source=setup/pythons.sh
. setup/pythons.sh

# Some tests wait, for a time limit of a fraction of a minute: one worker more than processors uses it.
workers=$(($(nproc) + 1))
# Many tests start the engine in a process of their own, which need not compile it each time.
unset PYTHONDONTWRITEBYTECODE

run() {
    echo "+ $*"
    "$@"
}

make_venv
run "$venv/bin/ruff" check .
run "$venv/bin/ruff" format --check .
run "$venv/bin/python" -m tests.words
run "$venv/bin/lint-imports"
missing=()
for version in $PYTHONS; do
    run "$venv/bin/mypy" --python-version "$version"
done
for version in $PYTHONS; do
    if make_environment "$version"; then
        run "$(environment_of "$version")/bin/python" -m pytest -n "$workers" --dist worksteal \
            tests/unit tests/golden
    else
        missing+=("$version")
    fi
done
for version in "${missing[@]}"; do
    report "no Python $version is on this host or in a reachable archive: its unit tests did not run"
done
