# Shared by the scripts of a watched set: names, the password, and what Sentinels say. Read with `.`, never run.
# It never decides anything.
# shellcheck shell=sh disable=SC2034

conf=${KU8_CONF:-/conf}
auth=${KU8_AUTH:-/auth}
data=${KU8_DATA:-/data}
config=${KU8_CONFIG:-/config}
cli=${KU8_CLI:-redis-cli}
state=$data/sentinel
own=${KU8_POD##*-}
majority=$((KU8_REPLICAS / 2 + 1))

if [ -r "$auth/password" ]; then
    REDISCLI_AUTH=$(cat "$auth/password")
    export REDISCLI_AUTH
fi

# The name a pod is known by to the others; it stands for the same address for ever.
host() { printf '%s-%s.%s' "${KU8_POD%-*}" "$1" "$KU8_DOMAIN"; }

ordinals() {
    ordinal=0
    while [ "$ordinal" -lt "$KU8_REPLICAS" ]; do
        printf '%s ' "$ordinal"
        ordinal=$((ordinal + 1))
    done
}

# A node that is gone swallows connections: nobody is waited for longer than three seconds.
server() { timeout 3 "$cli" -h "$@" 2>&1; }

sentinel() { timeout 3 "$cli" -h 127.0.0.1 -p 26379 sentinel "$@" 2>&1; }

# Asks one Sentinel who the master is. Sets `epoch`, which counts failovers, and `master`; fails when it does not know.
# The epoch is asked for first: read the other way round, a new one could be paired with the old master.
ask() {
    reply=$(printf 'sentinel master %s\nsentinel get-master-addr-by-name %s\n' "$KU8_MASTER" "$KU8_MASTER" |
        timeout 3 "$cli" -h "$1" -p 26379 2>/dev/null) || return 1
    epoch='' master='' last=''
    while read -r line; do
        [ "$last" != config-epoch ] || epoch=$line
        master=$last
        last=$line
    done <<END
$reply
END
    case $epoch in '' | *[!0-9]*) return 1 ;; esac
    [ "$last" = 6379 ] && [ -n "$master" ]
}

# Asks all Sentinels. Sets `answers`, and `best_epoch` and `best` of the newest answer; fails when two contradict.
poll() {
    answers=0 best_epoch=-1 best='' clash=''
    for ordinal in $(ordinals); do
        address=127.0.0.1
        [ "$ordinal" = "$own" ] || address=$(host "$ordinal")
        ask "$address" || continue
        answers=$((answers + 1))
        if [ "$epoch" -gt "$best_epoch" ]; then
            best_epoch=$epoch best=$master clash=''
        elif [ "$epoch" -eq "$best_epoch" ] && [ "$master" != "$best" ]; then
            clash=1
        fi
    done
    [ -z "$clash" ]
}
