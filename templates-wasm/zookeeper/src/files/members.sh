#!/bin/bash
# Puts those who joined on the member list of a running ensemble, after their pods are ready.
# It never takes a member off, and never prints what it sends: the first line is the password.
# shellcheck disable=SC2034,SC2154 # shared with ensemble.sh
set -eu

usage='usage: members.sh SET DOMAIN FIRST_SERVER_ID COUNT'
set=${1:?$usage} domain=${2:?$usage} first=${3:?$usage} count=${4:?$usage}
here=$(dirname "$0")
# shellcheck source=ensemble.sh
. "$here/ensemble.sh"

say() {
  echo "zookeeper: $*" >&2
}

# Sends one change to the members, and shows what they answered to it.
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

# Members the wanted count has and a member list has not, as reconfig takes them.
missing() {
  local ordinal lines=''
  for ((ordinal = 0; ordinal < count; ordinal++)); do
    lists "$1" $((ordinal + first)) || lines+="server.$((ordinal + first))=$(host "$ordinal"):2888:3888:participant;$port,"
  done
  printf '%s' "${lines%,}"
}

# True when the member list is as wanted; asks for the change otherwise.
join() {
  local lines
  newest
  [ -n "$found" ] || { say "no member serves" && return 1; }
  lines=$(missing "$found")
  if [ -z "$lines" ]; then
    say "the member list is as wanted, $count in all"
    return 0
  fi
  reconfigure "-add $lines"
  return 1
}

if [ -n "${CLIENT_USERNAME:-}" ]; then
  bash "$here/secrets.sh" /ku8/auth /tmp "$CLIENT_USERNAME"
  export CLIENT_JVMFLAGS=@/tmp/jvm.options
fi
end=$((SECONDS + 600))
until join; do
  [ "$SECONDS" -lt "$end" ] || exit 1
  sleep 3
done
