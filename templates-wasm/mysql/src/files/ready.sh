#!/bin/bash
# Ready when the server takes a query.
# It never takes the pod out of the Service for a reason that restarting clients cannot cure.
set -u

#[replication
run=${1%/*}
if [ -s "$run/held-back" ]; then
  cat "$run/held-back"
  exit 1
fi
ask() { mysql --defaults-extra-file="$run/monitor.cnf" --connect-timeout=5 "$@" 2>/dev/null; }
if [ "$(cat "$run/role")" = primary ]; then
  if [ "$(ask -Nse 'SELECT @@global.super_read_only')" = 1 ]; then
    echo "a promotion that did not finish made this primary read-only; publish it again, or delete this pod to end it"
    exit 1
  fi
elif [ "${2:-}" = require-replication ]; then
  case $(ask -Ee 'SHOW REPLICA STATUS') in
    *'Replica_IO_Running: Yes'*'Replica_SQL_Running: Yes'*) ;;
    *)
      echo "this replica does not replicate; SHOW REPLICA STATUS tells why"
      exit 1
      ;;
  esac
fi
#]
answer=$(mysql --defaults-extra-file="${1:?usage: ready.sh PROBE_CNF}" --connect-timeout=5 -Nse 'SELECT 1' 2>&1) && exit 0
case $answer in
  # The server speaks: the probe's password is out of step (1045), or every connection is in use (1040, 1203).
  *'ERROR 1045 '* | *'ERROR 1040 '* | *'ERROR 1203 '*) exit 0 ;;
esac
echo "$answer"
exit 1
