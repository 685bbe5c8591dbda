#!/bin/sh
# Brings the cluster to what the definition says: the default minimum of replicas in sync, users, topics.
# It never deletes a topic, takes partitions away or moves replicas; running it again changes nothing.
set -eu
umask 077

conf=${KU8_CONF:-/ku8/setup}
cluster=${KU8_CLUSTER:-/ku8/cluster}
auth=${KU8_AUTH_DIR:-/ku8/auth}
run=${KU8_RUN:-/ku8/run}
bin=${KU8_BIN:-/opt/kafka/bin}
client=$run/client.properties

say() { printf 'kafka: %s\n' "$*"; }
fail() {
    printf 'kafka: %s\n' "$*" >&2
    exit 1
}

# The password of a user, refused where it would mean something to a parser.
password_of() {
    [ -r "$1" ] || fail "the Secret has no key ${1##*/}"
    password=$(cat "$1")
    case $password in
        '' | *[!A-Za-z0-9._~-]*) fail "${1##*/} may only hold letters, digits and . _ ~ -, and at least one" ;;
    esac
}

topics() {
    verb=$1
    shift
    "$bin/kafka-topics.sh" --bootstrap-server "$KU8_BOOTSTRAP" --command-config "$client" "--$verb" "$@"
}

alter() { "$bin/kafka-configs.sh" --bootstrap-server "$KU8_BOOTSTRAP" --command-config "$client" --alter "$@"; }

# With SASL the brokers' own account, on the brokers' own listener.
write_client() {
    : >"$client"
    [ "$KU8_AUTH" = true ] || return 0
    password_of "$cluster/internal-password"
    {
        printf 'security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n'
        printf 'sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="internal" password="%s";\n' "$password"
    } >"$client"
}

# Kafka keeps this default in its metadata since 4.1, where the file is no longer asked.
set_defaults() {
    printf 'min.insync.replicas=%s\n' "$KU8_MIN_ISR" >"$run/defaults"
    alter --entity-type brokers --entity-default --add-config-file "$run/defaults"
}

# Reads lines NAME KEY: the user, and the key of the Secret with the password.
set_users() {
    while read -r name key; do
        password_of "$auth/$key"
        printf 'SCRAM-SHA-512=iterations=8192,password=%s\n' "$password" >"$run/user"
        alter --entity-type users --entity-name "$name" --add-config-file "$run/user" </dev/null
        rm -f "$run/user"
    done <"$conf/users"
}

# Reads lines NAME PARTITIONS REPLICAS; the settings of a topic are in a file of its own.
set_topics() {
    topics describe >"$run/found" </dev/null
    while read -r name partitions replicas; do
        settings=$conf/topic-$name
        found=$(awk -F '\t' -v name="Topic: $name" '$1 == name { sub(/.* /, "", $3); sub(/.* /, "", $4); print $3, $4 }' "$run/found")
        if [ -z "$found" ]; then
            set -- --topic "$name" --partitions "$partitions" --replication-factor "$replicas" --if-not-exists
            if [ -s "$settings" ]; then
                while read -r line; do set -- "$@" --config "$line"; done <"$settings"
            fi
            topics create "$@" </dev/null
            continue
        fi
        if [ "${found% *}" -lt "$partitions" ]; then
            topics alter --topic "$name" --partitions "$partitions" </dev/null
            say "topic $name: ${found% *} partitions became $partitions"
        elif [ "${found% *}" -gt "$partitions" ]; then
            say "topic $name has ${found% *} partitions and keeps them; the definition says $partitions"
        fi
        [ "${found#* }" = "$replicas" ] ||
            say "topic $name has ${found#* } replicas and keeps them; the definition says $replicas: kafka-reassign-partitions.sh changes it"
        if [ -s "$settings" ]; then
            alter --entity-type topics --entity-name "$name" --add-config-file "$settings" </dev/null
        fi
    done <"$conf/topics"
}

write_client
tries=0
until set_defaults; do
    tries=$((tries + 1))
    [ "$tries" -lt 20 ] || fail "no broker answered at $KU8_BOOTSTRAP"
    sleep 3
done
if [ "$KU8_AUTH" = true ]; then set_users; fi
if [ -s "$conf/topics" ]; then set_topics; fi
say "the cluster is as the definition says"
