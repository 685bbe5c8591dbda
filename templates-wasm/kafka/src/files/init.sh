#!/bin/sh
# Prepares one start of a broker: its own settings, and on a new volume the format.
# It never formats a volume that holds data, and never takes one of another cluster or broker.
set -eu
umask 077

conf=${KU8_CONF:-/ku8/conf}
cluster=${KU8_CLUSTER:-/ku8/cluster}
run=${KU8_RUN:-/ku8/run}
volume=${KU8_VOLUME:-/var/lib/kafka/data}
bin=${KU8_BIN:-/opt/kafka/bin}
data=$volume/kafka

say() { printf 'kafka: %s\n' "$*"; }
fail() {
    printf 'kafka: %s\n' "$*" >&2
    exit 1
}

pod=${KU8_POD:?the name of the pod is not known}
ordinal=${pod##*-}
case $ordinal in
    '' | *[!0-9]*) fail "the pod is called '$pod', which does not end in -ORDINAL" ;;
esac
id=$((ordinal + KU8_NODE_ID_BASE))
host=$pod.$KU8_DOMAIN

# Generated values have 21 letters and digits: with a last character whose unused bits are zero they are the 16 bytes
# Kafka asks for. One of 22 characters was made by Kafka and is taken as it is.
read_cluster_id() {
    [ -r "$cluster/cluster-id" ] || fail "the Secret has no key cluster-id"
    cluster_id=$(tr -d '[:space:]' <"$cluster/cluster-id")
    case $cluster_id in
        '' | -* | *[!A-Za-z0-9_-]*) fail "cluster-id may hold only letters, digits, _ and -, and begins with none of the last" ;;
    esac
    case ${#cluster_id} in
        21) cluster_id=${cluster_id}A ;;
        22) ;;
        *) fail "cluster-id has ${#cluster_id} characters: 22 are a Kafka cluster id, 21 are made one" ;;
    esac
}

# The password goes into a JAAS line, where quotes and backslashes mean something.
read_password() {
    [ -r "$cluster/internal-password" ] || fail "the Secret has no key internal-password"
    password=$(cat "$cluster/internal-password")
    case $password in
        '' | *[!A-Za-z0-9._~-]*) fail "internal-password may only hold letters, digits and . _ ~ -, and at least one" ;;
    esac
}

# Refuses a volume before anything is written to it.
check_volume() {
    formatted=no
    if [ -s "$data/meta.properties" ]; then
        found=$(sed -n 's/^cluster.id=//p' "$data/meta.properties")
        [ "$found" = "$cluster_id" ] ||
            fail "this volume belongs to the cluster $found, but the Secret says $cluster_id; put the old cluster-id back into the Secret, or attach this cluster's volume; nothing was changed"
        found=$(sed -n 's/^node.id=//p' "$data/meta.properties")
        [ "$found" = "$id" ] ||
            fail "this volume belongs to broker $found, but $pod is broker $id; attach the volume of broker $id, or set nodeIdBase so that the ids agree; nothing was changed"
        formatted=yes
    elif [ -e "$data/__cluster_metadata-0" ]; then
        fail "$data holds data and no meta.properties; restore that file, or empty the volume so that the broker copies its data from the others; nothing was changed"
    fi
    if [ -s "$volume/controllers" ]; then
        found=$(cat "$volume/controllers")
        [ "$found" = "$KU8_CONTROLLERS" ] ||
            fail "this volume is of a cluster with $found controllers, not $KU8_CONTROLLERS; set controllers to $found: brokers without metadata could outvote the ones that have it; nothing was changed"
    fi
}

listener() { printf '%s://%s:%s' "$1" "$2" "$3"; }

# The JAAS settings of brokers and controllers among themselves, and of clients.
sasl() {
    login='org.apache.kafka.common.security'
    for name in internal controller; do
        printf 'listener.name.%s.sasl.enabled.mechanisms=PLAIN\n' "$name"
        printf 'listener.name.%s.plain.sasl.jaas.config=%s.plain.PlainLoginModule required username="internal" password="%s" user_internal="%s";\n' \
            "$name" "$login" "$password" "$password"
    done
    for name in client external; do
        printf 'listener.name.%s.sasl.enabled.mechanisms=SCRAM-SHA-512\n' "$name"
        printf 'listener.name.%s.scram-sha-512.sasl.jaas.config=%s.scram.ScramLoginModule required;\n' "$name" "$login"
    done
    printf 'sasl.mechanism.inter.broker.protocol=PLAIN\nsasl.mechanism.controller.protocol=PLAIN\n'
    printf 'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n'
    printf 'allow.everyone.if.no.acl.found=true\nsuper.users=User:internal;User:admin\n'
}

own_settings() {
    roles=broker
    listeners="$(listener CLIENT '' 9092),$(listener INTERNAL '' 9094)"
    advertised="$(listener CLIENT "$host" 9092),$(listener INTERNAL "$host" 9094)"
    if [ -s "$conf/external" ]; then
        address=$(sed -n "$((ordinal + 1))p" "$conf/external")
        [ -n "$address" ] || fail "externalAccess.hosts has no entry for $pod"
        listeners="$listeners,$(listener EXTERNAL '' 9095)"
        advertised="$advertised,EXTERNAL://$address"
    fi
    if [ "$ordinal" -lt "$KU8_CONTROLLERS" ]; then
        roles=broker,controller
        listeners="$listeners,$(listener CONTROLLER '' 9093)"
    fi
    printf '\nnode.id=%s\nprocess.roles=%s\nlisteners=%s\nadvertised.listeners=%s\nlog.dirs=%s\n' \
        "$id" "$roles" "$listeners" "$advertised" "$data"
    [ "$KU8_AUTH" = false ] || sasl
}

read_cluster_id
[ "$KU8_AUTH" = false ] || read_password
check_volume
{
    cat "$conf/server.properties"
    own_settings
} >"$run/server.properties.new"
mv -f "$run/server.properties.new" "$run/server.properties"

# Kafka writes meta.properties last, by renaming: a format that broke off is simply done again.
if [ "$formatted" = no ]; then
    mkdir -p "$data"
    rm -f "$data/meta.properties"
    "$bin/kafka-storage.sh" format --cluster-id "$cluster_id" --config "$run/server.properties" --ignore-formatted
fi
if [ ! -s "$volume/controllers" ]; then
    printf '%s\n' "$KU8_CONTROLLERS" >"$volume/.controllers.new"
    mv -f "$volume/.controllers.new" "$volume/controllers"
fi
if [ "$formatted" = yes ]; then say "broker $id, volume as it was"; else say "broker $id, new volume"; fi
