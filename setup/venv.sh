# The virtual environment: versions and hashes from requirements.lock. Sourced by setup.sh.
# shellcheck shell=bash disable=SC2154 # setup.sh's variables

python=${PYTHON:-python3}

venv_works() {
    "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

need_python() {
    command -v "$python" >/dev/null || install_packages python3 python3-venv
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "$("$python" --version) is too old: Python 3.11 or newer is needed" \
            "name another with: make PYTHON=/path/to/python3 ..."
    # Debian has venv's own pip in a separate package.
    "$python" -c 'import venv, ensurepip' 2>/dev/null || install_packages python3-venv
}

make_venv() {
    local made_of stamp=$venv/.made-of
    made_of=$(cat requirements.lock pyproject.toml | sha256sum)
    ! { venv_works && [ "$made_of" = "$(cat "$stamp" 2>/dev/null)" ]; } || return 0
    local pip=("$venv/bin/python" -m pip --disable-pip-version-check --no-input)
    if ! venv_works; then
        need_python
        quietly "making the virtual environment .venv" "$python" -m venv --clear "$venv"
    fi
    quietly "installing the packages of requirements.lock" \
        "${pip[@]}" install --require-hashes -r requirements.lock
    quietly "installing the project itself" \
        "${pip[@]}" install --no-deps --no-build-isolation --editable .
    echo "$made_of" >"$stamp"
}
