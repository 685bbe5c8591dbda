#!/bin/sh
# Keeps a daemon that puts itself into the background in the foreground: starts it, shows its log, ends with it.
# It never writes into a store path: files belong to the daemon, and its configuration names where they are.
set -eu

program=${1:?usage: run.sh PROGRAM CONFIG BASE_PATH LOG_NAME [SERVER_ID_OF_ORDINAL_0]}
config=${2:?usage: run.sh PROGRAM CONFIG BASE_PATH LOG_NAME [SERVER_ID_OF_ORDINAL_0]}
base=${3:?usage: run.sh PROGRAM CONFIG BASE_PATH LOG_NAME [SERVER_ID_OF_ORDINAL_0]}
log=$base/logs/${4:?usage: run.sh PROGRAM CONFIG BASE_PATH LOG_NAME [SERVER_ID_OF_ORDINAL_0]}
first=${5:-}
run=${KU8_RUN:-/ku8/run}

# What the image has to bring; a shell would only say "not found".
for needed in "$program" tail; do
    if ! command -v "$needed" >/dev/null 2>&1; then
        echo "fastdfs: the image has no program '$needed'; it needs FastDFS 6.11 or newer and coreutils." >&2
        exit 1
    fi
done

if [ -n "$first" ]; then
    pod=${KU8_POD:?the name of the pod is not known}
    ordinal=${pod##*-}
    case $ordinal in
    '' | *[!0-9]*)
        echo "fastdfs: the pod is called '$pod', which does not end in -ORDINAL." >&2
        exit 1
        ;;
    esac
    id=$((first + ordinal))
    # The id is what others know this volume by: with another one its files would be looked for elsewhere.
    if [ -s "$base/server_id" ] && [ "$(cat "$base/server_id")" != "$id" ]; then
        echo "fastdfs: this volume belongs to storage $(cat "$base/server_id"), but $pod is storage $id; nothing was changed." >&2
        exit 1
    fi
    sed "s/@SERVER_ID@/$id/" "$config" >"$run/server.conf.new"
    mv -f "$run/server.conf.new" "$run/server.conf"
    config=$run/server.conf
    mkdir -p "$base/../store"
fi

mkdir -p "$base/data" "$base/logs"
if [ -n "$first" ] && [ ! -s "$base/server_id" ]; then
    printf '%s\n' "$id" >"$base/.server_id.new"
    mv -f "$base/.server_id.new" "$base/server_id"
fi
# A number from before the pod was restarted may be somebody else's now.
pidfile=$base/data/$program.pid
rm -f "$pidfile"
: >>"$log"
tail -n 0 -F "$log" &
shown=$!
trap 'kill "$shown" 2>/dev/null || true' EXIT

daemon=
stopping=
stop() {
    stopping=yes
    [ -z "$daemon" ] || kill -TERM "$daemon" 2>/dev/null || true
}
trap stop TERM INT

"$program" "$config" start
tries=0
while [ ! -s "$pidfile" ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 60 ]; then
        echo "fastdfs: $program has not written $pidfile within 30 s; its log is above." >&2
        exit 1
    fi
    sleep 0.5
done
daemon=$(cat "$pidfile")
[ -z "$stopping" ] || stop

while kill -0 "$daemon" 2>/dev/null; do
    # Waited for in the background, so that a signal is taken at once and ended children are collected.
    sleep 1 &
    wait $! || true
done
# The last lines of the log are on their way.
sleep 0.3
if [ -n "$stopping" ]; then
    echo "fastdfs: $program has stopped"
    exit 0
fi
echo "fastdfs: $program ended by itself; its log is above." >&2
exit 1
