#!/bin/sh
# Decides whose part this server plays, then becomes it. Runs here and not in an init container, because a container
# that crashed starts again without those.
# It never makes an empty server the master of others that hold data: they would empty themselves to follow it.
# Names that are assigned nowhere here come from sentinels.sh.
# shellcheck disable=SC1091,SC2154
set -eu
umask 077
trap 'exit 143' TERM INT

. "${KU8_SCRIPTS:-/scripts}/sentinels.sh"

me=$(host "$own")
said=
began=$(date +%s)
synced=$state/synced

say() {
    [ "$said" = "$*" ] || printf 'start: %s\n' "$*" >&2
    said=$*
}

rm -f "${KU8_TMP:-/tmp}/linked"
# Without a volume nothing is left of what an earlier process held.
[ "${KU8_KEEPS:-yes}" = yes ] || rm -f "$synced"

# True when one of the set's pods has this name.
known() {
    for ordinal in $(ordinals); do
        [ "$1" != "$(host "$ordinal")" ] || return 0
    done
    return 1
}

# True when no other pod holds data: all say so, or after half a minute a majority with this one.
all_empty() {
    empty=1
    for ordinal in $(ordinals); do
        [ "$ordinal" != "$own" ] || continue
        reply=$(server "$(host "$ordinal")" info) || continue
        case $reply in
            *loading:1*) say "waiting: pod $ordinal is loading its data"; return 1 ;;
            *:keys=*) say "waiting: this volume is empty, pod $ordinal holds data and will be made the master"; return 1 ;;
            *loading:0*) empty=$((empty + 1)) ;;
        esac
    done
    [ "$empty" -lt "$KU8_REPLICAS" ] || return 0
    [ "$empty" -lt "$majority" ] || [ $(($(date +%s) - began)) -lt 30 ] || return 0
    say "waiting: this volume is empty, and so far $empty of $KU8_REPLICAS pods are known to be"
    return 1
}

decide() {
    if [ -e "$state/start-as-master" ]; then
        say "told to be the master"
        rm -f "$state/start-as-master"
        best=$me
        return 0
    fi
    poll || { say "waiting: the Sentinels name different masters"; return 1; }
    if [ "$answers" -lt "$majority" ]; then
        say "waiting: $answers of $KU8_REPLICAS Sentinels answer, $majority are needed to know the master;" \
            "to go on without them: touch $state/start-as-master"
        return 1
    fi
    known "$best" || { say "waiting: the master $best is none of the pods"; return 1; }
    [ "$best" != "$me" ] || [ -e "$synced" ] || all_empty
}

until decide; do sleep 1; done

{
    cat "$conf/redis.conf"
    printf 'replica-announce-ip %s\nreplica-announce-port 6379\n' "$me"
    [ -z "${REDISCLI_AUTH:-}" ] || printf 'masterauth "%s"\n' "$REDISCLI_AUTH"
    if [ "$best" = "$me" ]; then
        : > "$synced"
    else
        printf 'replicaof %s 6379\n' "$best"
    fi
    # One that never had the data is not promoted; ready.sh lifts this after the first copy.
    [ -e "$synced" ] || printf 'replica-priority 0\n'
} > "$conf/server.conf.new"
mv "$conf/server.conf.new" "$conf/server.conf"

if [ "$best" = "$me" ]; then say "this is the master"; else say "a replica of $best"; fi
unset REDISCLI_AUTH
exec "$@"
