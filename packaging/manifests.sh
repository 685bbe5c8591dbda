#!/usr/bin/env bash
# Fills in the manifests of krew and Homebrew from a release's checksums; every placeholder must find its value.
#
#   packaging/manifests.sh VERSION CHECKSUMS OUT     OUT/ku8.yaml for krew, OUT/ku8.rb for a tap
set -euo pipefail
root=$(cd "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

[ $# -eq 3 ] || { echo "usage: packaging/manifests.sh VERSION CHECKSUMS OUT" >&2; exit 1; }
version=${1#v} checksums=$2 out=$3
case $version in
    *-*) echo "manifests: $version is a pre-release, which krew's index does not take" >&2; exit 1 ;;
esac

edits=(-e "s/@VERSION@/$version/g")
while read -r _ os arch; do
    end=tar.gz
    [ "$os" != windows ] || end=zip
    archive=kubectl-ku8_v${version}_${os}_${arch}.$end
    sum=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' "$checksums")
    [[ $sum =~ ^[0-9a-f]{64}$ ]] || { echo "manifests: $checksums has no checksum of $archive" >&2; exit 1; }
    edits+=(-e "s/@SHA256_${os}_${arch}@/$sum/g")
done < <(grep -v '^#' "$root/packaging/targets")

mkdir -p "$out"
sed "${edits[@]}" "$root/packaging/krew/ku8.yaml.in" >"$out/ku8.yaml"
sed "${edits[@]}" "$root/packaging/brew/ku8.rb.in" >"$out/ku8.rb"
! grep -n '@[A-Z]' "$out/ku8.yaml" "$out/ku8.rb" >&2 || { echo "manifests: a placeholder is left" >&2; exit 1; }
