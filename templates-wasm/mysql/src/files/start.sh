#!/bin/bash
# Becomes mysqld, so that it is process 1 and gets the signals.
# It never changes data: that was done before, where no probe can interrupt it.
set -eu

# Some runtimes allow a thousand million open files, and mysqld sizes tables by what is allowed.
limit=$(ulimit -Sn)
if [ "$limit" = unlimited ] || [ "$limit" -gt 65536 ]; then
  ulimit -Sn 65536
fi
#[slow-log
# The server refuses to write to the container's output, a pipe. Lines go through a file that never grows large.
slow=/tmp/slow.log
: >"$slow"
tail -n +1 -F "$slow" >&2 2>/dev/null &
while sleep 5; do
  [ "$(stat -c %s "$slow")" -lt 67108864 ] || : >"$slow"
done &
#]
exec mysqld --defaults-file="${1:?usage: start.sh MY_CNF}"
