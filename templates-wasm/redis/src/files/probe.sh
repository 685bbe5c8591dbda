#!/bin/sh
# Answers one probe: startup, liveness or readiness.
# It never shows the password to other processes: redis-cli reads it from its environment.
set -u

cli=${KU8_CLI:-redis-cli}
auth=${KU8_AUTH:-/auth}
port=${KU8_PORT:-6379}

if [ -r "$auth/password" ]; then
    REDISCLI_AUTH=$(cat "$auth/password")
    export REDISCLI_AUTH
fi

ask() { "$cli" -h 127.0.0.1 -p "$port" "$@" 2>&1; }

says() { printf '%s' "$reply" | grep -q "$1"; }

reply=$(ask ping)
case ${1:-} in
    # A large file takes minutes to load; a server that says so is starting, not stuck.
    startup) says PONG || says LOADING ;;
    # Only a server that does not answer at all is dead; every refusal is an answer.
    liveness) says PONG || says LOADING || says MASTERDOWN || says NOAUTH || says NOPERM || says BUSY ;;
    # The link to a master is not asked for: during a failover that would empty the Service.
    readiness)
        says PONG || exit 1
        reply=$(ask info persistence)
        says '^loading:0' || exit 1
        reply=$(ask info replication)
        ! says '^master_sync_in_progress:1'
        ;;
    *) echo "usage: probe.sh startup|liveness|readiness" >&2; exit 2 ;;
esac
