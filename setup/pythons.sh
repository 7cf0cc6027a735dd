# A Python of each version that the project supports, with the packages of requirements.lock.
# Sourced by setup.sh and fast.sh.
# shellcheck shell=bash disable=SC2154 # setup.sh's variables

PYTHONS=${PYTHONS:-3.11 3.12 3.13}
trees=${XDG_CACHE_HOME:-$HOME/.cache}/upgradeproof/pythons

# The release of a distribution that has a Python, and the keyring that verifies it.
release_with() {
    case $1 in
        3.11) echo "bookworm /usr/share/keyrings/debian-archive-keyring.gpg" ;;
        3.12) echo "noble /usr/share/keyrings/ubuntu-archive-keyring.gpg" ;;
        3.13) echo "trixie /usr/share/keyrings/debian-archive-keyring.gpg" ;;
        *) return 1 ;;
    esac
}

# is_python PROGRAM VERSION: whether a program is that Python, and can make environments.
is_python() {
    "$1" -c 'import sys, venv; sys.exit("%d.%d" % sys.version_info[:2] != sys.argv[1])' "$2" \
        2>/dev/null
}

# python_of VERSION: print the first that works: that of .venv, one on PATH, one of pyenv, one that we
# unpacked.
python_of() {
    local program
    for program in "$venv/bin/python" "python$1" \
        "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python "$trees/$1/usr/bin/python$1"; do
        if is_python "$program" "$1"; then
            command -v "$program"
            return
        fi
    done
    return 1
}

# unpack_python VERSION: unpack the packages of a release that has it, without installing anything.
# Its program is started by its own dynamic loader with its own libraries: those of the host differ.
unpack_python() {
    local release keyring tree=$trees/$1 loader program log
    read -r release keyring <<<"$(release_with "$1")"
    [ -e "$keyring" ] && command -v mmdebstrap >/dev/null || return 1
    mkdir -p "$trees"
    rm -rf "$tree" "$tree.new"
    log=$(mktemp)
    report "unpacking Python $1 of $release"
    if ! mmdebstrap --variant=extract --include="python$1-venv" --keyring="$keyring" \
        "$release" "$tree.new" >"$log" 2>&1 </dev/null; then
        report "no archive of $release is reachable: $(grep -m 1 '^E:' "$log" || tail -n 1 "$log")"
        rm -rf "$tree.new" "$log"
        return 1
    fi
    rm -f "$log"
    program=usr/bin/python$1
    loader=$(cd "$tree.new" && echo usr/lib*/ld-linux-*.so.*)
    mv "$tree.new/$program" "$tree.new/$program.elf"
    cat >"$tree.new/$program" <<END
#!/bin/sh
tree=$tree
exec \$tree/$loader --argv0 "\$0" --library-path "\$(echo \$tree/usr/lib/*-linux-gnu)" \\
    \$tree/$program.elf "\$@"
END
    chmod 755 "$tree.new/$program"
    mv "$tree.new" "$tree"
}

# environment_of VERSION: where its virtual environment is.
environment_of() {
    if is_python "$venv/bin/python" "$1"; then
        echo "$venv"
    else
        echo "$root/.venv-$1"
    fi
}

# make_environment VERSION: make its virtual environment; fail where there is no such Python.
make_environment() {
    local python environment made_of stamp
    environment=$(environment_of "$1")
    [ "$environment" != "$venv" ] || return 0
    stamp=$environment/.made-of
    made_of=$(cat requirements.lock pyproject.toml | sha256sum)
    ! { is_python "$environment/bin/python" "$1" && [ "$made_of" = "$(cat "$stamp" 2>/dev/null)" ]; } ||
        return 0
    python=$(python_of "$1") || { unpack_python "$1" && python=$(python_of "$1"); } || return 1
    # An unpacked Python has no pip of its own: the one of .venv installs for it.
    local pip=("$venv/bin/python" -m pip --python "$environment/bin/python")
    pip+=(--disable-pip-version-check --no-input install)
    quietly "making the virtual environment .venv-$1" \
        "$python" -m venv --clear --without-pip "$environment"
    quietly "installing the packages of requirements.lock for Python $1" \
        "${pip[@]}" --require-hashes -r requirements.lock
    quietly "installing the project itself for Python $1" \
        "${pip[@]}" --no-deps --no-build-isolation --editable .
    echo "$made_of" >"$stamp"
}
