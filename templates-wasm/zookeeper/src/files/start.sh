#!/bin/bash
# Starts a member of an ensemble whose member list lives on the data volumes (scaling.mode: reconfig).
# It never founds a second ensemble: only the members an ensemble begins with may start without being told of one.
# shellcheck disable=SC2034,SC2154 # shared with ensemble.sh
set -eu

usage='usage: start.sh SET DOMAIN FIRST_SERVER_ID INITIAL_REPLICAS'
set=${1:?$usage} domain=${2:?$usage} first=${3:?$usage} initial=${4:?$usage}
here=$(dirname "$0")
# shellcheck source=ensemble.sh
. "$here/ensemble.sh"

conf=/data/conf
ordinal=${HOSTNAME##*-}
id=$((ordinal + first))
mkdir -p "$conf"

# The newest member list on this volume: the server writes a new file, named by version, with every change.
own_file='' own='' own_version=-1
for file in "$conf"/zoo.cfg.dynamic "$conf"/zoo.cfg.dynamic.*; do
  [ -s "$file" ] || continue
  hex=${file#"$conf/zoo.cfg.dynamic"} hex=${hex#.}
  case ${hex:-0} in
    *[!0-9a-f]*) continue ;;
  esac
  number=$((16#${hex:-0}))
  if [ "$number" -gt "$own_version" ]; then
    own_version=$number own_file=$file
    own=$(grep '^server\.' "$file" || true)
  fi
done

line() {
  printf 'server.%s=%s:2888:3888:participant;%s\n' "$(($1 + first))" "$(host "$1")" "$port"
}

# Written beside and renamed: a crash leaves the old list or the new one.
seed() {
  printf '%s\n' "$1" >"$conf/.seed"
  mv -f "$conf/.seed" "$conf/zoo.cfg.dynamic"
  rm -f "$conf"/zoo.cfg.dynamic.*
  own_file=$conf/zoo.cfg.dynamic
}

waited=0
while :; do
  newest "$ordinal"
  if lists "$own" "$id" && { [ -z "$found" ] || lists "$found" "$id" || [ "$own_version" -ge "$version" ]; }; then
    echo "zookeeper: member $id, with the member list of its volume"
    break
  fi
  if [ -n "$found" ] && lists "$found" "$id"; then
    echo "zookeeper: member $id had no member list; took the one of the others"
    seed "$found"
    break
  fi
  if [ -n "$found" ]; then
    # All of them and this one: two that join can never elect each other, because neither knows the other.
    echo "zookeeper: member $id joins; it has no vote until it is added"
    seed "$found"$'\n'"$(line "$ordinal")"
    break
  fi
  if [ -z "$own" ] && [ "$ordinal" -lt "$initial" ] && [ "$(cat /ku8/members/count)" = "$initial" ]; then
    echo "zookeeper: member $id begins an ensemble of $initial"
    all=''
    for ((each = 0; each < initial; each++)); do all+=$(line "$each")$'\n'; done
    seed "${all%$'\n'}"
    break
  fi
  if [ $((waited % 10)) = 0 ]; then
    echo "zookeeper: member $id is not on the member list of its volume and waits for a member that serves" >&2
  fi
  waited=$((waited + 1))
  sleep 3
done

# Copied by content: the mode of a mounted file would forbid the next copy.
cat "$here/logback.xml" >"$conf/.logback.new"
mv -f "$conf/.logback.new" "$conf/logback.xml"
{
  cat "$here/zoo.cfg"
  printf 'dynamicConfigFile=%s\n' "$own_file"
} >"$conf/.zoo.cfg.new"
mv -f "$conf/.zoo.cfg.new" "$conf/zoo.cfg"
export ZOOCFGDIR=$conf
exec zkServer.sh start-foreground
