# Keyrings of other distributions, where the machine's own release has no package of them.
# Sourced by setup.sh.
# shellcheck shell=bash disable=SC2154 # setup.sh's variables

ubuntu_keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg
# The first release of Debian that has the package ubuntu-keyring.
keyring_suite=trixie

# install_ubuntu_keyring: that one package from a later release, verified by this machine's keys.
# Without it everything else works, so that a failure is one line.
install_ubuntu_keyring() {
    [ ! -e "$ubuntu_keyring" ] && grep -qs '^ID=debian$' "$os_release" && can_be_root || return 0
    local folder
    folder=$(mktemp -d)
    if add_suite "$folder" "$keyring_suite" &&
        from_suite "$folder" update >"$folder/log" 2>&1 &&
        from_suite "$folder" install --yes --no-install-recommends ubuntu-keyring >>"$folder/log" 2>&1; then
        report "installed ubuntu-keyring from $keyring_suite"
    else
        report "no keyring for images of Ubuntu: $(grep -m 1 '^E:' "$folder/log" || echo "no archive of $keyring_suite is known")"
    fi
    rm -rf "$folder"
}
