#!/bin/bash
# Brings the member list of a running ensemble in line with the wanted count: those who leave before their pods go,
# those who join after their pods are ready. It never prints what it sends: the first line is the password.
# shellcheck disable=SC2034,SC2154 # shared with ensemble.sh
set -eu

usage='usage: members.sh rm|add SET DOMAIN FIRST_SERVER_ID COUNT SERVICE'
mode=${1:?$usage} set=${2:?$usage} domain=${3:?$usage} first=${4:?$usage} count=${5:?$usage} service=${6:?$usage}
here=$(dirname "$0")
# shellcheck source=ensemble.sh
. "$here/ensemble.sh"

say() {
  echo "zookeeper: $*" >&2
}

# Sends one change to the members that stay, and shows what they answered to it.
reconfigure() {
  local servers='' answer ordinal
  for ((ordinal = 0; ordinal < count; ordinal++)); do servers+="$(host "$ordinal"):$port,"; done
  say "reconfig $*"
  # zkCli echoes its input, wrapped anywhere: only lines that begin like an answer are shown.
  answer=$(
    printf 'addauth digest super:%s\nreconfig %s\n' "$(cat /ku8/auth/super-password)" "$*" |
      timeout 60 zkCli.sh -server "${servers%,}" 2>&1
  ) || true
  printf '%s\n' "$answer" | grep -aE '^(Committed new|server\.[0-9]+=|version=|Insufficient permission|No quorum|KeeperErrorCode)' >&2 || true
}

# Ids of a member list that the wanted count does not have, separated by commas.
surplus() {
  local id ids=''
  for id in $(printf '%s\n' "$1" | sed -n 's/^server\.\([0-9]*\)=.*/\1/p'); do
    if [ "$id" -lt "$first" ] || [ "$id" -ge $((first + count)) ]; then ids+="$id,"; fi
  done
  printf '%s' "${ids%,}"
}

# Members the wanted count has and a member list has not, as reconfig takes them.
missing() {
  local ordinal lines=''
  for ((ordinal = 0; ordinal < count; ordinal++)); do
    lists "$1" $((ordinal + first)) || lines+="server.$((ordinal + first))=$(host "$ordinal"):2888:3888:participant;$port,"
  done
  printf '%s' "${lines%,}"
}

# Pods beyond the wanted count that are still there.
pods_beyond() {
  local ordinal
  for ((ordinal = count; ordinal < most; ordinal++)); do
    if getent hosts "$(host "$ordinal")" >/dev/null; then printf '%s ' "$ordinal"; fi
  done
}

# Waits until those who left know it: a volume that does not would come back as a member.
farewell() {
  local ordinal answer until
  for ordinal in $1; do
    until=$((SECONDS + 60))
    while :; do
      answer=$(ask "$(host "$ordinal")" conf)
      if [ -n "$answer" ] && ! lists "$answer" $((ordinal + first)); then break; fi
      if [ "$SECONDS" -ge "$until" ]; then
        say "member $((ordinal + first)) left but did not say that it knows; delete its volume before it joins again"
        break
      fi
      sleep 2
    done
  done
}

# Before the pods go.
leave() {
  local beyond ids
  beyond=$(pods_beyond)
  if [ -z "$beyond" ]; then
    # No pod leaves; but that must not be a resolver that answers nothing.
    getent hosts "$service" >/dev/null || { say "the name $service does not resolve" && return 1; }
    say "nobody leaves"
    return 0
  fi
  newest
  [ -n "$found" ] || { say "no member serves; those who leave cannot be taken off the list" && return 1; }
  ids=$(surplus "$found")
  if [ -n "$ids" ]; then
    reconfigure "-remove $ids"
    return 1
  fi
  farewell "$beyond"
  say "off the list: ordinals $beyond"
}

# After the pods are ready; also takes off the list whoever has no pod any more.
join() {
  local ids lines change=''
  newest
  [ -n "$found" ] || { say "no member serves" && return 1; }
  ids=$(surplus "$found") lines=$(missing "$found")
  if [ -z "$ids$lines" ]; then
    say "the member list is as wanted, $count in all"
    return 0
  fi
  if [ -n "$ids" ]; then change="-remove $ids"; fi
  if [ -n "$lines" ]; then change+="${change:+ }-add $lines"; fi
  reconfigure "$change"
  return 1
}

if [ -n "${CLIENT_USERNAME:-}" ]; then
  bash "$here/secrets.sh" /ku8/auth /tmp "$CLIENT_USERNAME"
  export CLIENT_JVMFLAGS=@/tmp/jvm.options
fi
end=$((SECONDS + 600))
case $mode in
  rm) step="leave" ;;
  add) step="join" ;;
  *) say "$usage" && exit 64 ;;
esac
until "$step"; do
  [ "$SECONDS" -lt "$end" ] || exit 1
  sleep 3
done
