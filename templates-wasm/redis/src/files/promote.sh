#!/bin/sh
# Makes this pod the master: kubectl exec NAME-0 -c redis -- sh /scripts/promote.sh
# It never forces a server that has not kept up: the Sentinel refuses to promote one.
# Names that are assigned nowhere here come from sentinels.sh.
# shellcheck disable=SC1091,SC2154
set -eu

. "${KU8_SCRIPTS:-/scripts}/sentinels.sh"

me=$(host "$own")
fail() { printf 'promote: error: %s\n' "$*" >&2; exit 1; }

is_master() { server 127.0.0.1 info replication | grep -q '^role:master'; }

# The Sentinel reads a server's priority every ten seconds; this is what it knows of this one.
known_first() {
    in=''
    sentinel replicas "$KU8_MASTER" | while read -r line; do
        [ "${last:-}" != ip ] || in=$line
        [ "${last:-}" != slave-priority ] || [ "$in" != "$me" ] || [ "$line" != 1 ] || echo yes
        last=$line
    done | grep -q yes
}

wait_for() {
    tries=40
    until "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 1
    done
}

! is_master || { echo "promote: this pod is the master already"; exit 0; }
server 127.0.0.1 info replication | grep -q '^master_link_status:up' || fail "it is not linked to the master"
trap 'server 127.0.0.1 config set replica-priority 100 >/dev/null' EXIT
server 127.0.0.1 config set replica-priority 1 >/dev/null
wait_for known_first || fail "the Sentinel does not know this replica"
reply=$(sentinel failover "$KU8_MASTER")
[ "$reply" = OK ] || fail "$reply"
wait_for is_master || fail "another pod was promoted; try again"
echo "promote: this pod is the master"
