#!/bin/bash
# Ready when the server takes a query.
# It never takes the pod out of the Service for a reason that restarting clients cannot cure.
set -u

answer=$(mysql --defaults-extra-file="${1:?usage: ready.sh PROBE_CNF}" --connect-timeout=5 -Nse 'SELECT 1' 2>&1) && exit 0
case $answer in
  # The server speaks: the probe's password is out of step (1045), or every connection is in use (1040, 1203).
  *'ERROR 1045 '* | *'ERROR 1040 '* | *'ERROR 1203 '*) exit 0 ;;
esac
echo "$answer"
exit 1
