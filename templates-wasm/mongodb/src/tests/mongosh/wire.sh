#!/bin/sh
# Boots one member's loop against a server that speaks the real protocol, in a network of its own.
# It never leaves a process behind: both are told to stop, and both must.
set -eu

ip link set lo up
node "$KU8_WIRE" &
server=$!
trap 'kill -TERM $server 2>/dev/null || true' EXIT
sh "$KU8_SCRIPTS/shell.sh" bootstrap.js &
loop=$!
tries=0
# stop.js takes long enough for the users to be made; the loop's own word comes first.
until grep -q '^ready' "$KU8_STATUS/member" 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || { echo 'not ready in time'; exit 1; }
    sleep 0.2
done
# No list of processes shows a password while the shell runs.
if tr '\0' '\n' <"/proc/$loop/cmdline" | grep -F -f "$KU8_AUTH/root-password"; then echo 'shown in arguments'; exit 1; fi
if tr '\0' '\n' <"/proc/$loop/environ" | grep -F -f "$KU8_AUTH/root-password"; then echo 'shown in the environment'; exit 1; fi
sh "$KU8_SCRIPTS/shell.sh" stop.js
kill -TERM "$loop"
wait "$loop"
echo 'the loop has stopped'
kill -TERM "$server"
wait "$server"
