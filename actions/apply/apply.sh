#!/usr/bin/env bash
# Applies a kept plan when it belongs to the commit that was approved; ends with 3 when it does not, as a stale plan does.
# It never plans anew: what was not approved is not applied.
set -euo pipefail

: "${APPLY_PLAN:?file of a kept plan}" "${APPLY_COMMIT:?commit}"
program=${APPLY_PROGRAM:-kubectl-ku8}
origin=$APPLY_PLAN.origin.json

digest() {
    if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -d' ' -f1
}

refuse() {
    echo "apply: $1; nothing was changed" >&2
    exit 3
}

[ -s "$APPLY_PLAN" ] || refuse "$APPLY_PLAN is not there"
[ -s "$origin" ] || refuse "$origin is not there, so nobody knows which commit the plan is for"
commit=$(jq --raw-output .commit "$origin")
[ "$commit" = "$APPLY_COMMIT" ] || refuse "the plan is for commit $commit, approved was $APPLY_COMMIT"
[ "$(jq --raw-output .sha256 "$origin")" = "$(digest "$APPLY_PLAN")" ] || refuse "$APPLY_PLAN is not the file that was kept"

arguments=(apply "$APPLY_PLAN" --no-input)
[ -z "${APPLY_CONTEXT:-}" ] || arguments+=(--context "$APPLY_CONTEXT")
exec "$program" "${arguments[@]}"
