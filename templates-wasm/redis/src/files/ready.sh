#!/bin/sh
# Says whether a watched server may get connections: it answers, and since it started it has had what the master has.
# It never waits for a master that is not there: during a failover nobody would be ready.
# Names that are assigned nowhere here come from sentinels.sh.
# shellcheck disable=SC1091,SC2154
set -u

sh "${KU8_SCRIPTS:-/scripts}/probe.sh" readiness || exit 1
. "${KU8_SCRIPTS:-/scripts}/sentinels.sh"

linked=${KU8_TMP:-/tmp}/linked
[ ! -e "$linked" ] || exit 0
info=$(server 127.0.0.1 info replication | tr -d '\r')
case $info in
    *role:master* | *master_link_status:up*)
        # From now on it may be promoted.
        [ "$(server 127.0.0.1 config set replica-priority 100)" = OK ] || exit 1
        : > "$state/synced"
        : > "$linked"
        exit 0
        ;;
esac
[ -e "$state/synced" ] || exit 1
# A master that answers and cannot be copied from, because of another password say, is a reason to wait: the next pod
# would be restarted, and in the end the master, with what nobody copied.
case $(server "$(printf '%s\n' "$info" | sed -n 's/^master_host://p')" ping) in
    '' | *'Could not connect'*) ;;
    *) exit 1 ;;
esac
