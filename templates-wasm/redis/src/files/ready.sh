#!/bin/sh
# Says whether a watched server may get connections: it answers, and it has had the set's data at least once.
# It never asks for the link to the master again after that: during a failover nobody would be ready.
# Names that are assigned nowhere here come from sentinels.sh.
# shellcheck disable=SC1091,SC2154
set -u

sh "${KU8_SCRIPTS:-/scripts}/probe.sh" readiness || exit 1
. "${KU8_SCRIPTS:-/scripts}/sentinels.sh"

[ ! -e "$state/synced" ] || exit 0
case $(server 127.0.0.1 info replication) in
    *role:master* | *master_link_status:up*) ;;
    *) exit 1 ;;
esac
# From now on it may be promoted.
[ "$(server 127.0.0.1 config set replica-priority 100)" = OK ] && : > "$state/synced"
