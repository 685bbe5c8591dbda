#!/bin/sh
# Prepares one start: the configuration with the password in it, and the data for the chosen persistence.
# It never deletes data: what the new persistence does not use is put aside under another name.
set -eu
umask 077

config=${KU8_CONFIG:-/config}
auth=${KU8_AUTH:-/auth}
conf=${KU8_CONF:-/conf}
data=${KU8_DATA:-/data}

say() { printf 'init: %s\n' "$*" >&2; }
fail() { say "error: $*"; exit 1; }

# The password goes into redis.conf, JSON and URLs: characters that mean something there are refused.
read_password() {
    [ -r "$auth/password" ] || fail "the Secret has no key password"
    password=$(cat "$auth/password")
    [ -n "$password" ] || fail "the password is empty"
    case $password in
        *[!A-Za-z0-9._~-]*) fail "the password may only hold letters, digits and . _ ~ -" ;;
    esac
}

write_config() {
    # Not cp: the file of a ConfigMap is read-only, and so would be its copy.
    cat "$config/redis.conf" > "$conf/redis.conf.new"
    if [ -d "$auth" ]; then
        read_password
        if [ -s "$config/acl" ]; then
            printf 'user default on ">%s" %s\n' "$password" "$(cat "$config/acl")" >> "$conf/redis.conf.new"
        else
            printf 'requirepass "%s"\n' "$password" >> "$conf/redis.conf.new"
        fi
        printf '{"redis://localhost:6379": "%s"}\n' "$password" > "$conf/exporter.json"
    fi
    mv "$conf/redis.conf.new" "$conf/redis.conf"
}

# Redis started with the append-only file on reads nothing else: without one it would start empty
# beside a full snapshot. The snapshot becomes the base of a new append-only file instead.
snapshot_to_log() {
    log=$data/appendonlydir
    [ ! -e "$log" ] && [ -s "$data/dump.rdb" ] || return 0
    say "turning the snapshot into the base of an append-only file"
    rm -rf "$log.new"
    mkdir "$log.new"
    cp "$data/dump.rdb" "$log.new/appendonly.aof.1.base.rdb"
    printf 'file appendonly.aof.1.base.rdb seq 1 type b\n' > "$log.new/appendonly.aof.manifest"
    sync
    mv "$log.new" "$log"
}

# An append-only file that is no longer written would be read again, years old, when it is switched on later.
put_log_aside() {
    log=$data/appendonlydir
    [ -e "$log" ] || return 0
    [ -s "$data/dump.rdb" ] || fail "there is an append-only file and no snapshot: go through persistence.mode both"
    # A clean stop in mode both writes the snapshot last; an older one would lose what only the log has.
    [ -z "$(find "$log" -type f -newer "$data/dump.rdb")" ] ||
        fail "the append-only file is newer than the snapshot: publish persistence.mode both and stop it cleanly"
    say "the append-only file is put aside as appendonlydir.unused"
    rm -rf "$log.unused"
    mv "$log" "$log.unused"
}

write_config
if grep -q '^appendonly yes' "$config/redis.conf"; then
    snapshot_to_log
else
    put_log_aside
fi
