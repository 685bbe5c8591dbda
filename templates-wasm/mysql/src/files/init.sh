#!/bin/bash
# Makes the data directory once and keeps the accounts this template owns in step with their Secret.
# It never touches data it did not make, and never puts a password into an argument or the environment.
set -eu
umask 077

conf=${KU8_CONF:?} auth=${KU8_AUTH:?} run=${KU8_RUN:?} volume=${KU8_VOLUME:?} snippets=${KU8_SNIPPETS:?}
scripts=${KU8_SCRIPTS:-}
database=${KU8_DATABASE:?} username=${KU8_USERNAME:?}
charset=${KU8_CHARSET:?} collation=${KU8_COLLATION:?}
monitor=${KU8_MONITOR:-false}
pod=${HOSTNAME:?the name of the pod is not known}

data=$volume/data
started=$volume/.initialising # this script is making the data directory
ready=$volume/.ready          # the data directory is whole; holds what was applied last
socket=$run/init.sock
server=

say() { echo "mysql: $*" >&2; }
fail() {
  say "$@"
  exit 1
}

# Shell built-ins only: the image is small, and no password passes through another program.
password() {
  [ -s "$auth/$1" ] || fail "the Secret has no value for the key '$1'"
  printf '%s' "$(<"$auth/$1")"
}
# Puts a backslash before each backslash and each $2; the quotes keep every version of bash from reading more into it.
escape() {
  local text=$1 bs='\'
  text=${text//"$bs"/"$bs$bs"}
  text=${text//"$2"/"$bs$2"}
  printf '%s' "$text"
}
# A single quote and a backslash are all that can end or escape an SQL string; in an option file it is the double quote.
sql_password() { text=$(password "$1") && escape "$text" "'"; }
option_password() { text=$(password "$1") && escape "$text" '"'; }

write_snippets() {
  local ordinal=${pod##*-}
  case $ordinal in '' | *[!0-9]*) fail "the pod is called '$pod', which does not end in -ORDINAL" ;; esac
  printf '[mysqld]\nserver-id=%s\nreport-host=%s\n' "$((KU8_SERVER_ID_BASE + ordinal))" "$pod" >"$snippets/10-member.cnf"
}

# What a client needs to log in, readable by the server's own user only, gone with the pod.
write_client() {
  local file=$run/$1 user=$2 secret
  secret=$(option_password "$3")
  : >"$file"
  chmod 0600 "$file"
  printf '[client]\nsocket=%s\nuser=%s\npassword="%s"\n' "$KU8_SOCKET" "$user" "$secret" >"$file"
}

# One statement a line, as init-file wants it. An underscore in GRANT stands for any character.
write_accounts() {
  local root user pattern=${database//_/\\_}
  root=$(sql_password root-password)
  user=$(sql_password password)
  {
    echo "SET SESSION sql_log_bin = 0;"
    echo "SET SESSION sql_mode = 'TRADITIONAL';"
    echo "ALTER USER 'root'@'localhost' IDENTIFIED BY '$root';"
    echo "CREATE DATABASE IF NOT EXISTS \`$database\` CHARACTER SET $charset COLLATE $collation;"
    echo "CREATE USER IF NOT EXISTS '$username'@'%' IDENTIFIED BY '$user';"
    echo "ALTER USER '$username'@'%' IDENTIFIED BY '$user';"
    echo "GRANT ALL PRIVILEGES ON \`$pattern\`.* TO '$username'@'%';"
    if [ "$monitor" = true ]; then
      local watch
      watch=$(sql_password monitor-password)
      echo "CREATE USER IF NOT EXISTS 'ku8monitor'@'localhost' IDENTIFIED BY '$watch' WITH MAX_USER_CONNECTIONS 3;"
      echo "ALTER USER 'ku8monitor'@'localhost' IDENTIFIED BY '$watch';"
      echo "GRANT PROCESS, REPLICATION CLIENT ON *.* TO 'ku8monitor'@'localhost';"
      echo "GRANT SELECT ON performance_schema.* TO 'ku8monitor'@'localhost';"
    fi
#[replication
    write_replication_accounts
#]
  } >"$run/accounts.sql"
}

stop_server() {
  [ -n "$server" ] || return 0
  kill -TERM "$server" 2>/dev/null || true
  wait "$server" || true
  server=
}

# The server runs as its own superuser through accounts.sql before it listens, so no old password is needed.
start_server() {
  mysqld --defaults-file="$conf/my.cnf" --skip-networking --socket="$socket" --pid-file="$run/init.pid" \
    --init-file="$run/accounts.sql" &
  server=$!
  until mysqladmin --no-defaults --socket="$socket" --connect-timeout=2 ping >/dev/null 2>&1; do
    kill -0 "$server" 2>/dev/null || fail "the server stopped while the data directory was being prepared; see above"
    sleep 0.2
  done
}

as_root() { mysql --defaults-extra-file="$run/root.cnf" --init-command='SET SESSION sql_log_bin = 0' "$@"; }

run_scripts() {
  local file
  [ -n "$scripts" ] || return 0
  for file in "$scripts"/*.sql; do
    [ -e "$file" ] || continue
    say "running ${file##*/}"
    as_root --database="$database" <"$file" || fail "${file##*/} failed; the volume will be made afresh on the next try"
  done
}

apply() {
  write_accounts
  KU8_SOCKET=$socket write_client root.cnf root root-password
  start_server
  [ "$(as_root -Nse 'SELECT 1')" = 1 ] || fail "the accounts were not set; see above"
  [ -e "$ready" ] || run_scripts
  stop_server
  rm -f "$run/accounts.sql" "$run/root.cnf"
}

trap stop_server EXIT
trap 'exit 143' TERM INT

#[replication
# shellcheck source=replication.sh
. "$conf/replication.sh"
# shellcheck source=promotion.sh
. "$conf/promotion.sh"
replicate
exit 0
#]
write_snippets
write_client probe.cnf "$username" password
[ "$monitor" != true ] || write_client monitor.cnf ku8monitor monitor-password

# Only what decides about the accounts: a new revision of the Secret, or an account more.
wanted="secret-revision=${KU8_SECRET_REVISION:-} monitor=$monitor"

if [ -e "$ready" ]; then
  [ -d "$data/mysql" ] || fail "this volume was whole once, but $data is not a data directory any more; restore it"
  if [ "$(cat "$ready")" = "$wanted" ]; then
    say "data directory is whole, nothing to do"
    exit 0
  fi
  say "applying the accounts again ($wanted)"
else
  if [ -d "$data" ] && [ ! -e "$started" ] && [ -n "$(ls -A "$data")" ]; then
    fail "$data holds data that this template did not make; move it away or restore it by a dump. Nothing was changed"
  fi
  if [ -e "$volume/ibdata1" ]; then
    fail "$volume holds the data of another installation; restore it by a dump. Nothing was changed"
  fi
  say "making a new data directory"
  : >"$started"
  rm -rf "$data"
  mysqld --defaults-file="$conf/my.cnf" --initialize-insecure
fi

apply
# The marker comes last: a crash before this line makes the next try begin again.
printf '%s\n' "$wanted" >"$ready.new"
mv -f "$ready.new" "$ready"
rm -f "$started"
say "ready"
