# Remove what overlay-programs.sh put into the root $1, and restore the root's own programs.
set -eu
root=$1
overlay=$root/var/lib/overlay
while read -r program; do
  rm "$root$program"
  [ ! -e "$root$program.own" ] || mv "$root$program.own" "$root$program"
done <"$overlay/programs"
# Three lines each: the name, the other name, whose it is.
paste -d '\t' - - - <"$root/var/lib/dpkg/diversions" | grep -v '\.own\s' | tr '\t' '\n' \
  >"$overlay/diversions" || true
cat "$overlay/diversions" >"$root/var/lib/dpkg/diversions"
while read -r file; do
  rm "$root$file"
  (cd "$(realpath "$root${file%/*}")" && pwd -P) >>"$overlay/folders"
done <"$overlay/files"
while read -r link; do
  rm "$root$link"
done <"$overlay/links"
sort -u -r "$overlay/folders" | while read -r folder; do
  rmdir --parents --ignore-fail-on-non-empty "$folder" 2>/dev/null || true
done
rm -r "$overlay"
