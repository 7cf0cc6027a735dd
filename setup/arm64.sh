# arm64 machines on another processor: Debian's qemu-user-static through binfmt_misc.
# Sourced by setup.sh.
# shellcheck shell=bash

binfmt=/proc/sys/fs/binfmt_misc
arm64_handler=/usr/lib/binfmt.d/qemu-aarch64.conf

arm64_works() {
    [ "$(uname -m)" = aarch64 ] || grep -qs '^flags:.*F' $binfmt/qemu-aarch64
}

# On a host with systemd the package registers its handlers automatically.
register_arm64() {
    arm64_works && return
    need_root_on_debian "the arm64 handler of binfmt_misc"
    [ -e $binfmt/register ] ||
        quietly "mounting binfmt_misc" as_root mount -t binfmt_misc binfmt_misc $binfmt
    arm64_works ||
        quietly "registering qemu-user for arm64" as_root sh -c "cat $arm64_handler >$binfmt/register"
    arm64_works || fail "arm64 programs can't be run here" "look at $binfmt/qemu-aarch64"
}
