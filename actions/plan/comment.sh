#!/usr/bin/env bash
# Keeps one comment of a pull request: the one whose first line is the first line of the file.
# Text goes through files and never through arguments or the environment, and a comment of somebody else is never touched.
set -euo pipefail

: "${COMMENT_FILE:?file}" "${COMMENT_TOKEN:?token}" "${COMMENT_REPOSITORY:?owner/name}" "${COMMENT_NUMBER:?number}"
: "${COMMENT_AUTHOR:?login}" "${COMMENT_KEEP:?true or false}"
api=${GITHUB_API_URL:-https://api.github.com}

umask 077
work=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/ku8-comment.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
printf 'Authorization: Bearer %s\n' "$COMMENT_TOKEN" >"$work/headers"

# call METHOD PATH [BODY-FILE]: the answer goes to answer.json.
call() {
    local method=$1 path=$2 more=() status
    [ -z "${3:-}" ] || more=(--header 'Content-Type: application/json' --data-binary "@$3")
    # A POST that was answered by nobody may have been done: trying it again could leave two comments.
    [ "$method" = POST ] || more+=(--retry 3 --retry-connrefused)
    status=$(curl --silent --show-error --max-time 60 --output "$work/answer.json" --write-out '%{http_code}' \
        --request "$method" --header "@$work/headers" --header 'Accept: application/vnd.github+json' \
        "${more[@]}" "$api/$path") || return 1
    case $status in
        2??) return 0 ;;
        403 | 404) echo "comment: $method $path: $status; the job needs the permission pull-requests: write, which a fork never has" >&2 ;;
        *) echo "comment: $method $path: $status: $(jq --raw-output '.message? // empty' "$work/answer.json" 2>/dev/null || true)" >&2 ;;
    esac
    return 1
}

marker=$(head -n 1 -- "$COMMENT_FILE")
case $marker in
    '<!-- ku8:plan '*' -->') ;;
    *) echo "comment: $COMMENT_FILE holds no plan" >&2; exit 1 ;;
esac

# The shell of macOS is old: ids stand in a file, one a line, and in no array that may be empty.
: >"$work/ids"
page=1
while :; do
    call GET "repos/$COMMENT_REPOSITORY/issues/$COMMENT_NUMBER/comments?per_page=100&page=$page"
    jq --raw-output --arg marker "$marker" --arg author "$COMMENT_AUTHOR" '
        .[] | select(.user.login == $author)
            | select((.body // "" | split("\n")[0] // "" | rtrimstr("\r")) == $marker) | .id' \
        "$work/answer.json" >>"$work/ids"
    [ "$(jq length "$work/answer.json")" -eq 100 ] || break
    page=$((page + 1))
done

from=1
if [ "$COMMENT_KEEP" = true ]; then
    jq --null-input --rawfile body "$COMMENT_FILE" '{body: $body}' >"$work/body.json"
    first=$(head -n 1 "$work/ids")
    if [ -n "$first" ]; then
        call PATCH "repos/$COMMENT_REPOSITORY/issues/comments/$first" "$work/body.json"
        echo "comment $first is up to date"
    else
        call POST "repos/$COMMENT_REPOSITORY/issues/$COMMENT_NUMBER/comments" "$work/body.json"
        echo "comment $(jq .id "$work/answer.json") made"
    fi
    from=2
fi
tail -n "+$from" "$work/ids" | while read -r id; do
    call DELETE "repos/$COMMENT_REPOSITORY/issues/comments/$id"
    echo "comment $id removed"
done
