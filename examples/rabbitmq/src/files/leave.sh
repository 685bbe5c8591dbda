#!/bin/sh
# Takes this node out of its cluster for good: run it in the pod with the highest number before replicas is lowered.
# It never removes a node while queues would lose their majority.
set -eu
: "${KU8_HOST:?}" "${KU8_HOSTS:?}" "${RABBITMQ_NODENAME:?}" "${RABBITMQ_MNESIA_BASE:?}"

other=''
for host in $KU8_HOSTS; do
    [ "$host" != "$KU8_HOST" ] || continue
    if rabbitmq-diagnostics -q -t 15 -n "rabbit@$host" check_running >/dev/null 2>&1; then other=rabbit@$host; fi
done
[ -n "$other" ] || { echo "rabbitmq: no other node runs; nothing was changed" >&2; exit 1; }

# Members of queues leave while this node still votes: each queue agrees to it, or says why not.
rabbitmq-queues -q shrink "$RABBITMQ_NODENAME" --errors-only
# Of two nodes each is critical for what both know of the cluster, but not while both run: then one hands over and goes.
whole='rabbit_nodes:list_members() -- rabbit_nodes:list_running() =:= [] andalso whereis(rabbit_stream_coordinator)
    =:= undefined andalso rabbit_queue_type:list_with_minimum_quorum() =:= [].'
[ "$(rabbitmqctl -q eval "$whole")" = true ] || rabbitmq-diagnostics -q check_if_node_is_quorum_critical
rabbitmqctl -q stop_app
rabbitmqctl -q -n "$other" forget_cluster_node "$RABBITMQ_NODENAME"
# Should the cluster grow again, this volume counts as empty.
rm -rf "${RABBITMQ_MNESIA_BASE:?}/$RABBITMQ_NODENAME/msg_stores"
echo "rabbitmq: $RABBITMQ_NODENAME has left; publish the smaller cluster now"
