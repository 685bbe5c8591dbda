#!/bin/bash
# What the members say of the ensemble; sourced by start.sh and members.sh, which set `set`, `domain` and `first`.
# It never changes anything.
# shellcheck disable=SC2034,SC2154 # set or read by those that source it

# More members than the values allow never exist.
most=7
port=2181

# Prints a member's answer to a four-letter word, nothing when there is none.
ask() {
  # shellcheck disable=SC2016 # the inner shell expands them
  timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1" && printf %s "$2" >&3 && cat <&3' "$1" "$port" "$2" 2>/dev/null || true
}

# The name a member is known by inside the ensemble, from its ordinal.
host() {
  printf '%s-%s.%s' "$set" "$1" "$domain"
}

# Asks every member but the one with the given ordinal, and sets `found` to the newest member list (lines server.ID=…)
# that a serving member told, and `version` to its number; `found` stays empty when nobody serves.
newest() {
  local ordinal answer hex number
  found='' version=-1
  for ((ordinal = 0; ordinal < most; ordinal++)); do
    [ "$ordinal" != "${1:-}" ] || continue
    answer=$(ask "$(host "$ordinal")" conf)
    hex=$(printf '%s\n' "$answer" | sed -n 's/^version=\([0-9a-f]\{1,15\}\)$/\1/p')
    [ -n "$hex" ] || continue
    number=$((16#$hex))
    if [ "$number" -gt "$version" ]; then
      version=$number
      found=$(printf '%s\n' "$answer" | grep '^server\.')
    fi
  done
}

# True when a member list names this id.
lists() {
  case $'\n'$1 in
    *$'\n'"server.$2="*) return 0 ;;
  esac
  return 1
}
