#!/bin/sh
# Copies the key the members know each other by to a place where only mongod can read it.
# It never writes to the data volume: whether there is data is for mongod to say.
set -eu

auth=${KU8_AUTH:-/auth}
target=${KU8_KEYFILE:-/ku8/keyfile}

if [ ! -s "$auth/keyfile" ]; then
    echo "mongodb: the Secret has no key 'keyfile', or it is empty; members could not trust each other." >&2
    exit 1
fi
length=$(tr -d '[:space:]' <"$auth/keyfile" | wc -c)
if [ "$length" -lt 6 ] || [ "$length" -gt 1024 ]; then
    echo "mongodb: the keyfile has $length characters; mongod takes 6 to 1024." >&2
    exit 1
fi
if [ "$(tr -d 'A-Za-z0-9+/=[:space:]' <"$auth/keyfile" | wc -c)" -ne 0 ]; then
    echo "mongodb: the keyfile holds characters outside base64." >&2
    exit 1
fi
for key in root-password password; do
    if [ ! -s "$auth/$key" ]; then
        echo "mongodb: the Secret has no key '$key', or it is empty." >&2
        exit 1
    fi
done

# The volume of a Secret is readable by the pod's group, which mongod refuses. Renamed last: whole or not at all.
umask 077
tr -d '[:space:]' <"$auth/keyfile" >"$target/.keyfile.new"
chmod 0400 "$target/.keyfile.new"
mv -f "$target/.keyfile.new" "$target/keyfile"
echo "mongodb: keyfile of $length characters in place"
