# Put this host's programs into the root $1 of another architecture, until remove-overlay.sh runs.
#
# Maintainer scripts spend their time in starting small programs, and under emulation each start
# takes ten times as long. A kernel that emulates the root's programs also runs this host's, which
# need no more than their libraries at the place where they look for them.
set -eu
root=$1
overlay=$root/var/lib/overlay
mkdir "$overlay"
: >"$overlay/links"

# Programs that print their architecture (uname, dpkg, ldconfig) stay the root's own. Some of this
# list are in packages that are not there yet: those that make an initramfs, and certificates.
programs="bash basename cat chmod chown cmp comm cp cpio cut date dash dd diff dirname du env expr
find grep gzip head id install kmod ln ls md5sum mkdir mktemp mv od openssl paste perl printf
readlink realpath rm rmdir sed seq sha256sum sleep sort stat tail tar tee touch tr uniq wc xargs xz
zstd mawk dpkg-deb dpkg-split dpkg-divert update-alternatives"

# A package's file of that name gets another name, by a local diversion of dpkg. A package of the
# same /usr may know the file by either name.
divert() {
  printf '%s\n%s\n:\n' "$1" "$1.own" >>"$root/var/lib/dpkg/diversions"
}

# From Debian 13 on base-files handles these links: it leaves a link whose folder exists, and diverts
# its name itself, which would clash with ours. It is unpacked by now, and not yet installed.
base_files_diverts_links() {
  dpkg-deb --ctrl-tarfile "$root"/var/cache/apt/archives/base-files_*.deb 2>/dev/null |
    tar -xO ./preinst 2>/dev/null | grep -q usr-is-merged
}

# A folder of libraries that the root lacks is a link there, too, if its own one is.
give() {
  [ ! -e "$root$1" ] || return 0
  top=$(expr "$1" : '/\([^/]*\)')
  if [ -L "$root/lib" ] && [ ! -e "$root/$top" ]; then
    ln -s "usr/$top" "$root/$top"
    # So that dpkg knows it, and usr-is-merged does not tidy it away.
    base_files_diverts_links || divert "/$top"
    echo "/$top" >>"$overlay/links"
  fi
  mkdir -p "$(realpath -m "$root${1%/*}")"
  cp --dereference --preserve=mode,timestamps "$1" "$root$1"
  echo "$1" >>"$overlay/files"
}

give_libraries() {
  ldd "$1" | sed -n 's,^[^/]*\(/[^ ]*\) (0x.*,\1,p' >"$overlay/libraries"
  while read -r library; do give "$library"; done <"$overlay/libraries"
}

for program in $programs; do
  for folder in /usr/bin /bin; do
    native=$(readlink -f "$folder/$program") || continue
    theirs=$root$folder/$program
    if [ -L "$theirs" ] || ! ldd "$native" >/dev/null 2>&1; then
      continue
    fi
    # Where it is not there, its place is known only if there is one place for both names.
    [ -e "$theirs" ] || [ -L "$root/bin" ] || continue
    [ ! -e "$theirs" ] || mv "$theirs" "$theirs.own"
    cp --preserve=mode,timestamps "$native" "$theirs"
    echo "$folder/$program" >>"$overlay/programs"
    divert "/usr/bin/$program"
    divert "/bin/$program"
    give_libraries "$native"
    break
  done
done

# The host's perl reads the host's own modules, which lie in a folder of its architecture.
perl -e 'print join("\n", grep { /perl-base/ } @INC), "\n"' | while read -r folder; do
  find "$folder" -type f >"$overlay/modules"
  while read -r module; do give "$module"; done <"$overlay/modules"
  find "$folder" -name '*.so' >"$overlay/modules"
  while read -r module; do give_libraries "$module"; done <"$overlay/modules"
done
