# Virtual machines: QEMU, firmware, and what makes disks. Sourced by setup.sh.
# shellcheck shell=bash disable=SC2034,SC2154 # lists for setup.sh; its variables

VM_PACKAGES=(qemu-system-x86 qemu-utils ovmf fdisk dosfstools e2fsprogs util-linux)
ARM64_VM_PACKAGES=(qemu-system-arm qemu-efi-aarch64)
# The first version that saves a machine's memory to a file from which several machines can resume.
qemu_wanted=9

[ "$(id -u)" = 0 ] || VM_PACKAGES+=(fakeroot)

# qemu_candidate NAME...: the oldest version that the machine's own sources offer of these, if any is
# QEMU's. To be asked of what is not there yet: an installed version counts as a candidate, and hides
# that its siblings, which want the same version, have to come from backports as well.
qemu_candidate() {
    apt-cache policy "$@" 2>/dev/null | awk '
        /^[^ ]/ { name = $1 }
        /^  Candidate: 1:/ && name ~ /^qemu-(system|utils)/ { split($2, part, /[:.]/); print part[2] }' |
        sort -n | head -n 1
}

# install_vm_packages NAME...: QEMU from backports where the release's own is too old for us.
install_vm_packages() {
    local name codename folder offered missing=()
    for name in "$@"; do is_installed "$name" || missing+=("$name"); done
    [ ${#missing[@]} -gt 0 ] || return 0
    need_root_on_debian "$*"
    $lists_fetched || quietly "fetching package lists" as_root apt-get update
    lists_fetched=true
    offered=$(qemu_candidate "${missing[@]}")
    if [ -z "$offered" ] || [ "$offered" -ge "$qemu_wanted" ]; then
        install_packages "$@"
        return
    fi
    # Debian 12 has the newer QEMU in its backports.
    folder=$(mktemp -d)
    codename=$(sed -n 's/^VERSION_CODENAME=//p' "$os_release")
    if add_suite "$folder" "$codename-backports" &&
        from_suite "$folder" update >/dev/null 2>&1 &&
        report "installing $* from backports" &&
        from_suite "$folder" install --yes --no-install-recommends "$@" >"$folder/log" 2>&1; then
        :
    else
        report "no backports: QEMU $offered saves no memories, so every machine has to boot"
        install_packages "$@"
    fi
    rm -rf "$folder"
}
