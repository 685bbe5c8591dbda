#!/bin/sh
# Hands a master's part over before it stops: writes are refused for a second or two, and none is lost.
# It never keeps the pod from stopping: what cannot be handed over within half a minute is left to the Sentinels.
# Names that are assigned nowhere here come from sentinels.sh.
# shellcheck disable=SC1091,SC2154
set -u

. "${KU8_SCRIPTS:-/scripts}/sentinels.sh"

me=$(host "$own")
here() { server 127.0.0.1 "$@" | tr -d '\r'; }

# Returns success when the replicas that are heard of, and at least one, have everything up to the offset.
caught_up() {
    found=$(here info replication | while IFS= read -r line; do
        case $line in (slave*state=online,offset=*) ;; (*) continue ;; esac
        offset=${line##*offset=}
        [ "${line##*lag=}" -le 3 ] || continue
        if [ "${offset%%,*}" -lt "$1" ]; then echo behind; else echo good; fi
    done)
    case $found in *behind*) return 1 ;; *good*) return 0 ;; *) return 1 ;; esac
}

# Tries a command for so many seconds.
within() {
    end=$(($(date +%s) + $1))
    shift
    until "$@"; do
        [ "$(date +%s)" -lt "$end" ] || return 1
        sleep 0.3
    done
}

# A server that is still writing its first log after a copy refuses to stop, and is not asked twice.
may_stop() { ! here info persistence | grep -q '^aof_rewrite_[a-z_]*:1'; }

# Returns success when this pod's Sentinel names another master.
handed_over() { ask 127.0.0.1 && [ "$master" != "$me" ]; }

# Returns success when a majority of the Sentinels that remain does.
agreed() {
    agreeing=0
    for ordinal in $(ordinals); do
        [ "$ordinal" != "$own" ] || continue
        if ask "$(host "$ordinal")" && [ "$master" = "$new" ]; then agreeing=$((agreeing + 1)); fi
    done
    [ "$agreeing" -ge "$((majority - 1))" ]
}

if ! here info replication | grep -q '^role:master'; then
    within 10 may_stop
    exit 0
fi
caught_up 0 || exit 0

# From here on nothing is written that the next master may not have. `client pause` would do it without errors, and
# would silence the Sentinels' own messages as well, so that they take the server for dead.
before=$(here config get min-replicas-to-write | sed -n 2p)
resume() { here config set min-replicas-to-write "${before:-0}" >/dev/null; }
here config set min-replicas-to-write 255 >/dev/null
offset=$(here info replication | sed -n 's/^master_repl_offset://p')
within 5 caught_up "${offset:-0}" || { resume; exit 0; }
case $(sentinel failover "$KU8_MASTER") in
    OK | *INPROG*) ;;
    *) resume; exit 0 ;;
esac
within 15 handed_over || { resume; exit 0; }
new=$master
# From now on nobody takes it for the master. It follows nobody: it is about to stop, and a copy would hold that up.
here replicaof 127.0.0.1 1 >/dev/null
here client kill type normal >/dev/null
# Those who have not heard of it would promote somebody else when this pod is gone.
within 8 agreed
exit 0
