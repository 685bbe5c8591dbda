#!/usr/bin/env bash
# Packs one program as krew, Homebrew, cargo-binstall and people take it: flat, regular files and folders only, and the
# same bytes whenever the same files are packed.
#
#   packaging/archive.sh VERSION OS ARCH PROGRAM PAGES OUT
#
# PAGES is what packaging/pages.sh made. Prints the archive's path. SOURCE_DATE_EPOCH is the time of all files.
set -euo pipefail
root=$(cd "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

[ $# -eq 6 ] || { echo "usage: packaging/archive.sh VERSION OS ARCH PROGRAM PAGES OUT" >&2; exit 1; }
version=${1#v} os=$2 arch=$3 program=$4 pages=$5 out=$6
grep -q " $os $arch\$" "$root/packaging/targets" || { echo "archive: $os $arch is not in packaging/targets" >&2; exit 1; }
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || { echo "archive: $version is no version" >&2; exit 1; }
for page in "$pages"/man/*.1 "$pages"/completions/*; do
    [ "$page" != "$pages/completions/*" ] || continue
    [ -s "$page" ] || { echo "archive: $page is missing or empty" >&2; exit 1; }
done

name=kubectl-ku8
[ "$os" != windows ] || name=kubectl-ku8.exe
stage=$(mktemp -d)
trap 'rm -rf -- "$stage"' EXIT
install -m 755 -- "$program" "$stage/$name"
install -m 644 -- "$root/LICENSE" "$root/README.md" "$stage/"
mkdir -m 755 "$stage/man" "$stage/completions"
install -m 644 -- "$pages"/man/*.1 "$stage/man/"
for page in "$pages"/completions/*; do
    [ ! -e "$page" ] || install -m 644 -- "$page" "$stage/completions/"
done
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 0)}
find "$stage" -exec touch --date="@$epoch" {} +

mkdir -p "$out"
out=$(cd "$out" && pwd)
base=kubectl-ku8_v${version}_${os}_${arch}
export LC_ALL=C TZ=UTC
cd "$stage"
if [ "$os" = windows ]; then
    rm -f -- "$out/$base.zip"
    find . -type f | sed 's,^\./,,' | sort | zip --quiet -X -9 "$out/$base.zip" -@
    echo "$out/$base.zip"
else
    # No `./` before the names, and nothing about who packed it.
    find . -mindepth 1 | sed 's,^\./,,' | sort |
        tar --create --format=ustar --no-recursion --owner=0 --group=0 --numeric-owner --files-from=- |
        gzip --no-name -9 >"$out/$base.tar.gz"
    echo "$out/$base.tar.gz"
fi
