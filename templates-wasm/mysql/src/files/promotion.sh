#!/bin/bash
# How transactions get from one member to another, and how a replica becomes the primary.
# It never lets two members be written to, and never goes on without a member's writes unless that was asked for.
# shellcheck disable=SC2154 # init.sh reads this file after replication.sh; folders and helpers are set there
set -eu

mode=${KU8_PROMOTION:?}/mode # read again on every try: it can be changed while this member waits
fenced=                      # members this one made read-only and has not taken over from yet

# Replicates from member $1, from where this member's own transactions end.
follow() {
  local secret
  secret=$(sql_password replication-password)
  printf "%s\n" "SET SESSION sql_mode = 'TRADITIONAL'; STOP REPLICA; RESET REPLICA ALL;" \
    "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '$(host "$1")', SOURCE_PORT = 3306, SOURCE_USER = 'repl'," \
    "SOURCE_PASSWORD = '$secret', SOURCE_AUTO_POSITION = 1, SOURCE_SSL = 1, SOURCE_CONNECT_RETRY = 5," \
    "SOURCE_RETRY_COUNT = 0, SOURCE_HEARTBEAT_PERIOD = 5;" | as_root
}

# Waits until this member holds the set $1, as long as both threads named in $2 go on.
reach() {
  local state thread
  until [ "$(own "SELECT WAIT_FOR_EXECUTED_GTID_SET('$1', 10)")" = 0 ]; do
    state=$(status)
    for thread in $2; do
      case $state in *"Replica_${thread}_Running: Yes"*) continue ;; esac
      say "it stopped: $(grep -E 'Last_(IO|SQL)_Error: .' <<<"$state" || echo 'no connection')"
      return 1
    done
    nag "still receiving and applying transactions"
  done
}
# Applies what was received and not applied yet: it may be the only copy.
drain() {
  local received code=0
  received=$(status)
  case $received in *Retrieved_Gtid_Set:*Executed_Gtid_Set:*) ;; *) return 0 ;; esac
  received=${received#*Retrieved_Gtid_Set:}
  received=${received%%Executed_Gtid_Set:*}
  received=${received//[[:space:]]/}
  [ -n "$received" ] && ! holds "$(own "$executed")" "$received" || return 0
  say "applying what was received before"
  own 'START REPLICA SQL_THREAD'
  reach "$received" SQL || code=$?
  own 'STOP REPLICA SQL_THREAD'
  [ "$code" = 0 ] || say "not all that was received could be applied"
}
# Takes over what member $1 holds and this one does not.
catch_up() {
  local theirs code=0
  theirs=$(ask "$1" "$executed") || return 1
  ! holds "$(own "$executed")" "$theirs" || return 0
  say "taking over transactions of $name-$1"
  follow "$1"
  own 'START REPLICA'
  # The receiver needs a moment to connect before it can be asked whether it goes on.
  own 'DO SLEEP(2)'
  reach "$theirs" 'IO SQL' || code=$?
  own 'STOP REPLICA'
  return "$code"
}

fence() {
  local state
  state=$(ask "$1" 'SELECT @@global.super_read_only') || return 1
  [ "$state" = 0 ] || return 0
  fenced="$fenced $1"
  say "making $name-$1 read-only"
  ask "$1" 'SET SESSION lock_wait_timeout = 30; SET GLOBAL super_read_only = ON'
}
unfence() {
  local i
  for i in $fenced; do
    say "$name-$i may write again"
    ask "$i" 'SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF' || true
  done
  fenced=
}
# Whether a member answers and belongs: what one that is held back has more than the others is for a person to judge.
belongs() { [ "$(ask "$1" 'SELECT NOT @@global.skip_replica_start' || true)" = 1 ]; }
# Takes everything that member $1 and all others hold. The long part is done while writes still go on.
gather() {
  local i
  ask "$1" 'SELECT 1' >/dev/null || return 1
  for i in $(others); do
    [ "$i" = "$1" ] || belongs "$i" || continue
    catch_up "$i" || return 1
  done
  fence "$1" || return 1
  for i in $(others); do
    [ "$i" = "$1" ] || belongs "$i" || continue
    fence "$i" && catch_up "$i" || return 1
  done
}
gather_rest() {
  local i
  for i in $(others); do
    belongs "$i" || continue
    fence "$i" || say "$name-$i could not be made read-only"
    catch_up "$i" || say "not all of $name-$i could be taken over"
  done
}
promote() {
  local old=$1 since=$SECONDS
  say "taking over as the primary from $name-$old"
  open_server
  drain
  until gather "$old"; do
    unfence
    if [ "$(<"$mode")" != force ]; then
      nag "$name-$old does not answer or could not be taken over; waiting, because it may hold writes nobody else has." \
        "If it is lost for good, publish replication.promotion: force"
    elif [ $((SECONDS - since)) -ge 30 ]; then
      say "promotion: force; going on without what only $name-$old holds"
      gather_rest
      break
    fi
    sleep 2
  done
  own 'STOP REPLICA; RESET REPLICA ALL'
  close_server
  # Forgotten first: from here on the old primary must stay read-only, however this script ends.
  fenced=
  mark primary
}
