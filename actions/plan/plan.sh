#!/usr/bin/env bash
# Plans one definition once; writes a comment of limited size, the whole plan for the summary, and the plan to apply.
# It never fails because of what the plan says: the exit code goes to the outputs, and a later step judges it.
set -euo pipefail

: "${PLAN_DEFINITION:?name of a definition}" "${PLAN_COMMIT:?commit}"
program=${PLAN_PROGRAM:-kubectl-ku8}
work=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/ku8-plan.XXXXXX")

digest() {
    if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -d' ' -f1
}

arguments=(plan "$PLAN_DEFINITION" --output markdown --max-bytes "${PLAN_MAX_BYTES:-65000}" --uncut "$work/whole.md"
    --detailed-exitcode --no-input)
[ -z "${PLAN_FILE:-}" ] || arguments+=(--filename "$PLAN_FILE")
[ -z "${PLAN_NAMESPACE:-}" ] || arguments+=(--namespace "$PLAN_NAMESPACE")
[ -z "${PLAN_CONTEXT:-}" ] || arguments+=(--context "$PLAN_CONTEXT")
[ -z "${PLAN_LINK:-}" ] || arguments+=(--link "$PLAN_LINK")
[ -z "${PLAN_OUT:-}" ] || arguments+=(--out "$PLAN_OUT")

code=0
"$program" "${arguments[@]}" >"$work/plan.md" || code=$?

changes=true
[ "$code" -ne 0 ] || changes=false
{
    echo "exit-code=$code"
    echo "changes=$changes"
} >>"$GITHUB_OUTPUT"

# Nothing was planned: what went wrong is in the log, and an earlier comment still names the commit it is about.
[ -s "$work/plan.md" ] || exit 0

{
    cat "$work/plan.md"
    printf '\n<sub>Planned for commit <code>%s</code>' "$PLAN_COMMIT"
    [ -z "${PLAN_LINK:-}" ] || printf ' in [this run](%s)' "$PLAN_LINK"
    printf '.</sub>\n'
} >"$work/comment.md"
{
    echo "comment=$work/comment.md"
    echo "markdown=$work/whole.md"
    # Without changes there is nothing to approve, so there is no comment either.
    echo "keep=$changes"
} >>"$GITHUB_OUTPUT"

# A summary takes one MiB; the whole plan of a larger one is in the file of the output `markdown`.
if [ "$(wc -c <"$work/whole.md")" -lt 1000000 ]; then
    cat "$work/whole.md" >>"$GITHUB_STEP_SUMMARY"
else
    cat "$work/comment.md" >>"$GITHUB_STEP_SUMMARY"
fi

if [ -n "${PLAN_OUT:-}" ] && [ -s "$PLAN_OUT" ]; then
    jq --null-input --arg commit "$PLAN_COMMIT" --arg sha256 "$(digest "$PLAN_OUT")" \
        '{commit: $commit, sha256: $sha256}' >"$PLAN_OUT.origin.json"
fi
