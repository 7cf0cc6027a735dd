# System packages, by apt. Sourced by setup.sh.
# shellcheck shell=bash disable=SC2034,SC2154 # lists for setup.sh; its variables

ENGINE_PACKAGES=(docker.io iptables)
# mmdebstrap, arch-test, keyrings, distro-info-data: images. openssl: certificates of the examples.
# openssh-client: an administrator's login. gnupg, gcc: packages of a product's own, their signature.
RUN_PACKAGES=(
    mmdebstrap arch-test distro-info-data debian-archive-keyring ubuntu-keyring
    ubuntu-archive-keyring ca-certificates kmod openssl openssh-client gnupg gcc
)
# They are built for both architectures, whichever this host's own is.
case $(dpkg --print-architecture 2>/dev/null) in
    arm64) RUN_PACKAGES+=(gcc-x86-64-linux-gnu) ;;
    *) RUN_PACKAGES+=(gcc-aarch64-linux-gnu) ;;
esac
# A browser, and a font for what it draws: the report is looked at in its tests. openssh-server: hosts
# with engines, which the tests start. iproute2: ss, which scripts for machines use, run on this host.
# gpgv: APT's own check of a signature; Debian 13 has another one.
TEST_PACKAGES=(chromium fonts-dejavu-core openssh-server iproute2 gpgv)
# What the bench is compared with.
BENCH_PACKAGES=(debvm wrk hey)
ARM64_PACKAGES=(qemu-user-static arch-test)
# Not in every archive; `upgradeproof doctor` reports what is missing then.
OPTIONAL_PACKAGES=" ubuntu-keyring ubuntu-archive-keyring "

# Without root, mmdebstrap works in a user namespace, and only root can use a newly started engine.
[ "$(id -u)" = 0 ] || RUN_PACKAGES+=(uidmap acl)

lists_fetched=false
os_release=${UPGRADEPROOF_OS_RELEASE:-/etc/os-release}

# Programs without which no image can be made: they may have been removed since the set-up.
missing_programs() {
    local name
    for name in mmdebstrap qemu-system-x86_64 qemu-img; do
        command -v $name >/dev/null || echo $name
    done
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

has_candidate() {
    apt-cache policy "$1" 2>/dev/null | grep -q '^  Candidate: [^(]'
}

# everything_needed: what to install by hand, for messages.
everything_needed() {
    local named="${RUN_PACKAGES[*]} ${VM_PACKAGES[*]}"
    [ "$profile" != test ] || named+=" ${TEST_PACKAGES[*]}"
    [ "$profile" != arm64 ] || named+=" ${ARM64_PACKAGES[*]} ${ARM64_VM_PACKAGES[*]}"
    [ "$profile" != bench ] || named+=" ${BENCH_PACKAGES[*]}"
    echo "Python 3.11 or newer with venv, a Docker engine, and (as Debian names them): $named"
}

is_debian_like() {
    grep -qsE '^ID(_LIKE)?=.*\bdebian\b' "$os_release" && command -v apt-get >/dev/null
}

# as_root COMMAND...: run it as root, by sudo where we are not.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

can_be_root() {
    [ "$(id -u)" = 0 ] && return
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }
}

# need_root_on_debian WHAT: end with one clear message where we can't install or start anything.
need_root_on_debian() {
    if ! is_debian_like; then
        local name
        name=$(sed -n 's/^PRETTY_NAME="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$os_release" 2>/dev/null || true)
        fail "this machine lacks $1, and only Debian and its derivatives can be set up automatically; this is ${name:-unknown}" \
            "install: $(everything_needed)" "and run this again"
    fi
    if ! can_be_root; then
        fail "this machine lacks $1, and only root can fix that: run this as root, or with sudo at hand" \
            "or let an administrator install: $(everything_needed)"
    fi
}

# install_packages NAME...: install those that are not there; touch nothing if all are.
install_packages() {
    local name wanted=()
    for name in "$@"; do
        is_installed "$name" || wanted+=("$name")
    done
    # An optional package alone is no reason to fetch package lists.
    [ -n "$(without_optional "${wanted[@]}")" ] || return 0
    need_root_on_debian "$(without_optional "${wanted[@]}")"
    $lists_fetched || quietly "fetching package lists" as_root apt-get update
    lists_fetched=true
    local here=()
    for name in "${wanted[@]}"; do
        case $OPTIONAL_PACKAGES in
            *" $name "*) has_candidate "$name" || continue ;;
        esac
        here+=("$name")
    done
    quietly "installing ${here[*]}" as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends "${here[@]}"
}

# without_ssh_service: the tests need the program sshd alone. Where its package is not installed yet,
# this host must not get an SSH server that listens, now or at the next boot.
without_ssh_service() {
    is_installed openssh-server || [ ! -d /run/systemd/system ] || ! can_be_root || {
        quietly "masking ssh.service: openssh-server is installed for its program" \
            as_root systemctl mask ssh.service ssh.socket
    }
}

without_optional() {
    local name left=()
    for name in "$@"; do
        case $OPTIONAL_PACKAGES in
            *" $name "*) ;;
            *) left+=("$name") ;;
        esac
    done
    echo "${left[*]}"
}
