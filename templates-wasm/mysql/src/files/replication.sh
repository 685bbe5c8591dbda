#!/bin/bash
# What a member of a replicated server does before it starts: makes or copies its data, takes its role or hands it over.
# It never makes an empty primary beside members that hold data, and never drops a transaction in silence.
# shellcheck disable=SC2154 # init.sh reads this file; folders and helpers are set there
set -eu

primary=${KU8_PRIMARY:?} domain=${KU8_DOMAIN:?} semi_sync=${KU8_SEMI_SYNC:-false}
ordinal=${pod##*-} name=${pod%-*}
role=$volume/.role  # what this member last was: "primary", or "replica N"
held=$run/held-back # why the server runs without replicating; the readiness probe shows it
told=-30

host() { printf '%s-%s.%s' "$name" "$1" "$domain"; }
# What goes on for long is said twice a minute.
nag() {
  [ $((SECONDS - told)) -ge 30 ] || return 0
  told=$SECONDS
  say "$@"
}

# Asks member $1 as the replication account. Fails with 2 where no server answers, with 1 where it answers an error.
ask() {
  mysql --defaults-extra-file="$run/peer.cnf" --host="$(host "$1")" --connect-timeout=3 -Nse "$2" \
    2>"$run/peer.err" </dev/null && return 0
  case $(<"$run/peer.err") in *'ERROR 2002 '* | *'ERROR 2003 '* | *'ERROR 2005 '* | *'ERROR 2013 '*) return 2 ;; esac
  return 1
}
others() {
  local i
  for i in 0 1 2 3 4 5 6 7 8 9; do [ "$i" = "$ordinal" ] || echo "$i"; done
}

own() { as_root -Nse "$1"; }
executed="SELECT REPLACE(@@global.gtid_executed, CHAR(10), '')"
# Whether the set $1 holds all of the set $2.
holds() { [ "$(own "SELECT GTID_SUBSET('$2', '$1')")" = 1 ]; }
status() { as_root -Ee 'SHOW REPLICA STATUS'; }

write_replication_accounts() {
  local secret
  secret=$(sql_password replication-password)
  echo "CREATE USER IF NOT EXISTS 'repl'@'%' IDENTIFIED BY '$secret' REQUIRE SSL;"
  echo "ALTER USER 'repl'@'%' IDENTIFIED BY '$secret' REQUIRE SSL;"
  echo "GRANT REPLICATION SLAVE, REPLICATION CLIENT, BACKUP_ADMIN, SYSTEM_VARIABLES_ADMIN ON *.* TO 'repl'@'%';"
}
# A replica has the accounts of its primary; what is dropped there must not come back here. Only passwords are set.
only_passwords() {
  local line
  while IFS= read -r line; do
    case $line in
      'CREATE '* | 'GRANT '*) ;;
      'ALTER USER '*) printf 'ALTER USER IF EXISTS %s\n' "${line#ALTER USER }" ;;
      *) printf '%s\n' "$line" ;;
    esac
  done <"$run/accounts.sql" >"$run/accounts.new"
  mv -f "$run/accounts.new" "$run/accounts.sql"
}

# In place of the one of init.sh: nothing replicates or runs by itself while this script is at work.
start_server() {
  mysqld --defaults-file="$conf/my.cnf" --skip-networking --socket="$socket" --pid-file="$run/init.pid" \
    --init-file="$run/accounts.sql" --skip-replica-start --event-scheduler=OFF --super-read-only=OFF --read-only=OFF &
  server=$!
  until mysqladmin --no-defaults --socket="$socket" --connect-timeout=2 ping >/dev/null 2>&1; do
    kill -0 "$server" 2>/dev/null || fail "the server stopped while this member was being prepared; see above"
    sleep 0.2
  done
}
open_server() {
  write_accounts
  only_passwords
  KU8_SOCKET=$socket write_client root.cnf root root-password
  start_server
  [ "$(own 'SELECT 1')" = 1 ] || fail "the passwords were not set; see above"
}
close_server() {
  stop_server
  rm -f "$run/accounts.sql" "$run/root.cnf"
}
leave() {
  unfence
  stop_server
}

# Settings of the role, and what the probes know of it.
write_role() {
  local source=OFF replica=ON
  [ "$1" = replica ] || source=ON replica=OFF
  printf '%s' "$1" >"$run/role"
  {
    echo '[mysqld]'
    [ "$1" = primary ] || echo super-read-only=ON
    [ ! -s "$held" ] || echo skip-replica-start=ON
    [ "$semi_sync" != true ] || printf 'rpl-semi-sync-%s-enabled=%s\n' source "$source" replica "$replica"
  } >"$snippets/20-role.cnf"
}
# The marker comes last: a crash before this line makes the next try begin again.
mark() {
  printf '%s\n' "$1" >"$role.new"
  mv -f "$role.new" "$role"
  printf '%s\n' "$wanted" >"$ready.new"
  mv -f "$ready.new" "$ready"
  rm -f "$started"
}
# A server that answers is alive and readable, so a person can look; it is not ready and does not replicate.
hold_back() {
  close_server
  printf '%s\n' "$*" >"$held"
  say "$@"
}

begin_data() {
  if [ -d "$data" ] && [ ! -e "$started" ] && [ -n "$(ls -A "$data")" ]; then
    fail "$data holds data that this template did not make; move it away or restore it by a dump. Nothing was changed"
  fi
  : >"$started"
  rm -rf "$data"
  mysqld --defaults-file="$conf/my.cnf" --initialize-insecure
}

# Only members with data run a server. An empty primary beside one of them is a lost volume, not a first boot.
nobody_has_data() {
  local i code
  for i in $(others); do
    code=0
    ask "$i" 'SELECT 1' >/dev/null || code=$?
    [ "$code" = 2 ] || fail "the primary's volume is empty, but $name-$i holds data. To go on with that data, publish" \
      "replication.primaryOrdinal: $i with replication.promotion: force; this member is then copied from it"
  done
}
make_primary() {
  nobody_has_data
  say "making a new data directory"
  begin_data
  apply
  # After an outage of all members the others need a moment before they answer.
  while [ "$SECONDS" -lt 15 ]; do
    nobody_has_data
    sleep 1
  done
  nobody_has_data
  mark primary
}
refresh_primary() {
  [ "$(cat "$ready")" != "$wanted" ] || return 0
  say "applying the accounts again ($wanted)"
  apply
  mark primary
}

copy() {
  until ask "$primary" 'SELECT 1' >/dev/null; do
    nag "waiting for the primary $name-$primary, whose data is to be copied"
    sleep 2
  done
  until clone; do sleep $((RANDOM % 3 + 1)); done
  open_server
  follow "$primary"
  close_server
  mark "replica $primary"
}
clone() {
  local secret donor said=
  secret=$(sql_password replication-password)
  donor=$(host "$primary")
  say "copying the data of $name-$primary"
  begin_data || return 1
  open_server
  while :; do
    said=$(printf "%s\n" "SET SESSION sql_mode = 'TRADITIONAL'; SET GLOBAL clone_valid_donor_list = '$donor:3306';" \
      "CLONE INSTANCE FROM 'repl'@'$donor':3306 IDENTIFIED BY '$secret' REQUIRE SSL;" | as_root 2>&1) || true
    case $said in
      # Whole: the server wants to be restarted, and ends.
      *'ERROR 3707 '*) break ;;
      # A donor serves one copy at a time.
      *3634*) nag "waiting until another member is copied" ;;
      *) say "the copy failed: $said" && close_server && return 1 ;;
    esac
    sleep $((RANDOM % 3 + 1))
  done
  wait "$server" || true
  server=
}

# A replica with data: goes on where it stopped, unless it holds what the primary does not.
return_to_primary() {
  local state mine theirs purged since=$SECONDS
  until state=$(ask "$primary" 'SELECT @@global.super_read_only'); do
    if [ "$was" = "replica $primary" ]; then
      say "the primary $name-$primary does not answer; replication goes on when it does"
      [ "$(cat "$ready")" != "$wanted" ] || return 0
      open_server
      drain
      follow "$primary"
      close_server
      mark "$was"
      return 0
    fi
    if [ "$was" = primary ] && [ $((SECONDS - since)) -ge 30 ]; then
      hold_back "$pod was the primary and cannot ask the new one, $name-$primary, whether it has all of its writes;" \
        "delete this pod when $name-$primary is ready"
      return 0
    fi
    nag "waiting for the new primary $name-$primary"
    sleep 2
  done
  open_server
  [ "$was" = "replica $primary" ] || drain
  mine=$(own "$executed")
  # One that is read-only is about to take over, and asks all others for what it lacks before it does.
  if [ "$state" = 0 ]; then
    theirs=$(ask "$primary" "$executed") || fail "$name-$primary does not answer any more"
    purged=$(ask "$primary" "SELECT REPLACE(@@global.gtid_purged, CHAR(10), '')") || fail "$name-$primary is gone again"
    if ! holds "$theirs" "$mine"; then
      hold_back "$pod holds transactions that the primary $name-$primary does not have" \
        "($(own "SELECT GTID_SUBTRACT('$mine', '$theirs')")); it runs read-only and does not replicate." \
        "Save what you need of them, then delete its claim and the pod: it is copied anew"
      return 0
    fi
    if ! holds "$mine" "$purged"; then
      say "$name-$primary does not keep the binary logs this member lacks any more"
      close_server
      rm -f "$ready"
      : >"$started"
      copy
      return 0
    fi
  fi
  follow "$primary"
  close_server
  mark "replica $primary"
}

replicate() {
  local secret was=none
  trap leave EXIT
  rm -f "$held" "$snippets/20-role.cnf"
  write_snippets
  write_client probe.cnf "$username" password
  write_client monitor.cnf ku8monitor monitor-password
  secret=$(password replication-password)
  [ "${#secret}" -le 32 ] || fail "the Secret's replication-password has more than 32 characters, the most MySQL takes"
  write_client peer.cnf repl replication-password
  echo ssl-mode=REQUIRED >>"$run/peer.cnf"
  wanted="secret-revision=${KU8_SECRET_REVISION:-} replication"
  if [ -e "$ready" ]; then
    [ -d "$data/mysql" ] || fail "this volume was whole once, but $data is not a data directory any more; restore it"
    was=primary
    [ ! -e "$role" ] || was=$(<"$role")
  fi
  if [ "$ordinal" = "$primary" ]; then
    case $was in
      none) make_primary ;;
      primary) refresh_primary ;;
      *) promote "${was#replica }" ;;
    esac
    write_role primary
  else
    if [ "$was" = none ]; then copy; else return_to_primary; fi
    write_role replica
  fi
  rm -f "$run/peer.cnf" "$run/peer.err"
  say "ready as the $(<"$run/role")"
}
