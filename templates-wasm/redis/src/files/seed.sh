#!/bin/sh
# Prepares one start of a watched pod: redis.conf, the data, and the Sentinel's own file on the volume.
# It never forgets which failovers the Sentinel has seen; everything else in its file is written anew.
# Names that are assigned nowhere here come from sentinels.sh.
# shellcheck disable=SC1091,SC2154
set -eu
umask 077

scripts=${KU8_SCRIPTS:-/scripts}
sh "$scripts/init.sh"
. "$scripts/sentinels.sh"

file=$state/sentinel.conf
mkdir -p "$state"

# What a standalone server left is the set's data. The other pods begin empty and have to copy it first.
if [ ! -e "$file" ] && [ "$own" = 0 ]; then
    for left in "$data/dump.rdb" "$data"/appendonlydir/*; do
        [ ! -s "$left" ] || : > "$state/synced"
    done
fi

# What the file remembers: `sentinel SETTING [MASTER] VALUE …`.
remembered() { [ ! -e "$file" ] || sed -n "s/^sentinel $1 //p" "$file" | cut -d ' ' -f 1; }

mine=$(remembered "config-epoch $KU8_MASTER")
current=$(remembered current-epoch)
leader=$(remembered "leader-epoch $KU8_MASTER")
watched=$(remembered "monitor $KU8_MASTER")
mine=${mine:-0} watched=${watched:-$(host 0)}

# Others may have seen a failover since; nobody is waited for.
if poll && [ "$best_epoch" -gt "$mine" ]; then
    mine=$best_epoch watched=$best
fi

# The same volume or a new one, a pod's Sentinel has one identity: it is never counted twice.
identity() { host "$1" | sha1sum | cut -c 1-40; }

{
    sed -e "s/@HOST@/$(host "$own")/" -e "s/@MASTER@/$watched/" "$config/sentinel.conf"
    printf 'sentinel myid %s\n' "$(identity "$own")"
    if [ -n "${REDISCLI_AUTH:-}" ]; then
        printf 'requirepass "%s"\nsentinel sentinel-pass "%s"\n' "$REDISCLI_AUTH" "$REDISCLI_AUTH"
        printf 'sentinel auth-pass %s "%s"\n' "$KU8_MASTER" "$REDISCLI_AUTH"
    fi
    printf 'sentinel config-epoch %s %s\n' "$KU8_MASTER" "$mine"
    printf 'sentinel leader-epoch %s %s\n' "$KU8_MASTER" "${leader:-0}"
    printf 'sentinel current-epoch %s\n' "$((mine > ${current:-0} ? mine : ${current:-0}))"
    for ordinal in $(ordinals); do
        name=$(host "$ordinal")
        [ "$name" = "$watched" ] || printf 'sentinel known-replica %s %s 6379\n' "$KU8_MASTER" "$name"
        [ "$ordinal" = "$own" ] ||
            printf 'sentinel known-sentinel %s %s 26379 %s\n' "$KU8_MASTER" "$name" "$(identity "$ordinal")"
    done
} > "$file.new"
sync
mv "$file.new" "$file"
