# Take back what lend.sh has lent to the root $1: its own programs are where they were.
set -eu
root=$1
lent=$root/var/lib/lent
while read -r program; do
  rm "$root$program"
  [ ! -e "$root$program.lent" ] || mv "$root$program.lent" "$root$program"
done <"$lent/programs"
# Three lines each: the name, the other name, whose it is.
paste -d '\t' - - - <"$root/var/lib/dpkg/diversions" | grep -v '\.lent\s' | tr '\t' '\n' \
  >"$lent/diversions" || true
cat "$lent/diversions" >"$root/var/lib/dpkg/diversions"
while read -r file; do
  rm "$root$file"
  (cd "$(realpath "$root${file%/*}")" && pwd -P) >>"$lent/folders"
done <"$lent/files"
while read -r link; do
  rm "$root$link"
done <"$lent/links"
sort -u -r "$lent/folders" | while read -r folder; do
  rmdir --parents --ignore-fail-on-non-empty "$folder" 2>/dev/null || true
done
rm -r "$lent"
