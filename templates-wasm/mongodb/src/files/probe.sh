#!/bin/sh
# Reads what the loop beside mongod last wrote: `ready` while the member serves, `live` while the loop turns.
# It never starts a shell of its own, which would cost more than the member it asks about.
set -eu

kind=${1:?usage: probe.sh ready|live}
file=${KU8_STATUS:-/status}/member

if [ ! -f "$file" ]; then
    echo "mongodb: nothing written yet"
    exit 1
fi
age=$(($(date +%s) - $(stat -c %Y "$file")))
word=$(cat "$file")
case $kind in
live) [ "$age" -le 180 ] || { echo "mongodb: the loop wrote last $age s ago"; exit 1; } ;;
ready)
    [ "$age" -le 60 ] || { echo "mongodb: the loop wrote last $age s ago"; exit 1; }
    case $word in
    ready*) ;;
    *) echo "mongodb: $word"; exit 1 ;;
    esac
    ;;
*) echo "mongodb: unknown kind '$kind'" >&2; exit 2 ;;
esac
