#!/bin/bash
# Gives this member its id: ordinal of the pod + first server id, kept in the data volume.
# It never changes an id that is already there: another id means another member's data.
set -eu

data=${1:?usage: init.sh DATA_DIR FIRST_SERVER_ID}
first=${2:?usage: init.sh DATA_DIR FIRST_SERVER_ID}
pod=${HOSTNAME:?the name of the pod is not known}

ordinal=${pod##*-}
case $ordinal in
  '' | *[!0-9]*)
    echo "zookeeper: the pod is called '$pod', which does not end in -ORDINAL" >&2
    exit 1
    ;;
esac
id=$((ordinal + first))

# An empty file is what a power cut leaves behind; it names no member.
if [ -s "$data/myid" ]; then
  found=$(tr -d '[:space:]' <"$data/myid")
  if [ "$found" != "$id" ]; then
    echo "zookeeper: this volume belongs to member $found, but $pod is member $id." >&2
    echo "zookeeper: attach the volume of member $id, or set firstServerId so that the ids agree; nothing was changed." >&2
    exit 1
  fi
  echo "zookeeper: member $id, volume as it was"
  exit 0
fi

# Written beside and renamed, so that a crash leaves either no id or the whole one.
printf '%s\n' "$id" >"$data/.myid.new"
mv -f "$data/.myid.new" "$data/myid"
echo "zookeeper: member $id, new volume"
