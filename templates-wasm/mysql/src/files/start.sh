#!/bin/bash
# Becomes mysqld, so that it is process 1 and gets the signals.
# It never changes data: that was done before, where no probe can interrupt it.
set -eu

# Some runtimes allow a thousand million open files, and mysqld sizes tables by what is allowed.
limit=$(ulimit -Sn)
if [ "$limit" = unlimited ] || [ "$limit" -gt 65536 ]; then
  ulimit -Sn 65536
fi
exec mysqld --defaults-file="${1:?usage: start.sh MY_CNF}"
