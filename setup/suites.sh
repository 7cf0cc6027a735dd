# Another suite of the archive that this machine's apt uses, for one call of apt. Sourced by setup.sh.
# shellcheck shell=bash disable=SC2154 # setup.sh's variables

# The archive that this machine's apt uses for its own release.
host_archive() {
    local codename source
    codename=$(sed -n 's/^VERSION_CODENAME=//p' "$os_release")
    source=$(sed -n "s/^URIs: *//p" /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1)
    [ -n "$source" ] ||
        source=$(sed -nE "s/^deb (\[[^]]*\] )?([^ ]+) $codename .*/\2/p" /etc/apt/sources.list 2>/dev/null | head -n 1)
    [ -n "$source" ] && echo "$source"
}

# add_suite FOLDER SUITE: copy the machine's sources into a folder, and add a suite of Debian. It is
# signed by the same keys. The machine's own sources are not changed.
add_suite() {
    local source
    cp -r /etc/apt/sources.list.d "$1/parts"
    source=$(host_archive) || return 1
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' \
        "$source" "$2" /usr/share/keyrings/debian-archive-keyring.gpg >"$1/parts/added.sources"
}

# from_suite FOLDER APT-GET'S WORDS...: with its own lists, so that nothing of it stays behind.
from_suite() {
    local folder=$1 verb=$2 suite
    shift 2
    suite=$(sed -n 's/^Suites: //p' "$folder/parts/added.sources")
    mkdir -p "$folder/lists/partial"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get \
        -o Dir::Etc::sourceparts="$folder/parts" -o Dir::State::lists="$folder/lists" \
        -o APT::Sandbox::User=root -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
        "$verb" -t "$suite" "$@"
}
