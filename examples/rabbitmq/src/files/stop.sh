#!/bin/sh
# Before the node is told to stop: waits until the queues can do without it, and moves what it leads to others.
# It never keeps a pod for longer than its grace period allows.
set -u

# Nobody can take over from the only node.
case ${KU8_HOSTS:?} in *' '*) ;; *) exit 0 ;; esac

if ! rabbitmq-upgrade -q await_online_quorum_plus_one -t 60; then
    echo "rabbitmq: stops although some queues have too few members left until it is back" >&2
fi
rabbitmq-upgrade -q drain || echo "rabbitmq: could not hand over what it leads" >&2
exit 0
