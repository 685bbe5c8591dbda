#!/bin/sh
# Writes the cookie and the configuration with the password into memory, and holds an empty node back until it may start.
# It never lets an empty node found a second cluster: it joins nodes that run, or all others say that they are empty too.
set -eu
umask 077
: "${HOME:?}" "${KU8_HOST:?}" "${KU8_HOSTS:?}" "${RABBITMQ_NODENAME:?}" "${RABBITMQ_MNESIA_BASE:?}"

password=$(cat /auth/password)
case $password in
    '' | *[!A-Za-z0-9._~-]*)
        echo "rabbitmq: the password may only hold letters, digits and . _ ~ -" >&2
        exit 1
        ;;
esac
rm -f "$HOME/.erlang.cookie"
cat /auth/erlang-cookie >"$HOME/.erlang.cookie"
chmod 400 "$HOME/.erlang.cookie"
{ cat /config/rabbitmq.conf; printf 'default_pass = %s\n' "$password"; } >"$HOME/rabbitmq.conf"

node=$RABBITMQ_MNESIA_BASE/$RABBITMQ_NODENAME
if [ -d "$node/msg_stores/vhosts" ]; then
    echo "rabbitmq: this node has its data"
    exit 0
fi
# What a first start that broke off left behind was never part of a cluster with messages.
rm -rf "$node.unfinished"
[ ! -e "$node" ] || mv "$node" "$node.unfinished"

others='' nodes='' blanks=''
for host in $KU8_HOSTS; do
    [ "$host" != "$KU8_HOST" ] || continue
    others="$others $host"
    nodes="$nodes,'rabbit@$host'"
    blanks="$blanks,'blank@$host'"
done
if [ -z "$others" ]; then
    echo "rabbitmq: the only node begins"
    exit 0
fi

# An empty node shows that it is one, so that the first may begin when all of them are.
ports='-kernel inet_dist_listen_min 25672 -kernel inet_dist_listen_max 25672'
first=${KU8_HOSTS%% *}
if [ "$KU8_HOST" != "$first" ]; then
    # shellcheck disable=SC2086 # some words
    erl -noinput -name "blank@$KU8_HOST" $ports &
    trap 'kill $! 2>/dev/null || true' EXIT
fi

# Prints which of the other nodes run. RabbitMQ's own tools take a second of a processor for each of them.
running() {
    erl -noinput -hidden -name "asks@$KU8_HOST" -eval "Nodes = [${nodes#,}],
        Answers = erpc:multicall(Nodes, rabbit, is_running, [], 15000),
        [io:format(\"~s~n\", [N]) || {N, {ok, true}} <- lists:zip(Nodes, Answers)], halt()." | grep '^rabbit@'
}

# True when all other nodes say that they are empty.
all_empty() {
    erl -noinput -name "first@$KU8_HOST" -eval "halt(length([N || N <- [${blanks#,}], net_adm:ping(N) =/= pong]))."
}

echo "rabbitmq: this node is empty, and waits for one that runs, or for all others to be empty too:$others"
while :; do
    for peer in $(running); do
        # What this node was before is gone with its data; the others must not count it.
        if rabbitmqctl -q -n "$peer" forget_cluster_node "$RABBITMQ_NODENAME" >/dev/null 2>&1; then
            echo "rabbitmq: it was a member before, and was forgotten"
        fi
        # The only one it may join: should that one be gone by now, this node looks for it and never begins alone.
        echo "cluster_formation.classic_config.nodes.1 = $peer" >>"$HOME/rabbitmq.conf"
        echo "rabbitmq: joins the cluster of ${peer#rabbit@}"
        exit 0
    done
    # With nobody to join in its configuration it begins at once, and does not look for nodes that wait for it.
    if [ "$KU8_HOST" = "$first" ] && all_empty; then
        echo "rabbitmq: all nodes are empty, the first one begins"
        exit 0
    fi
    sleep 2
done
