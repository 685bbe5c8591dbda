#!/bin/bash
# Alive when the server answers a ping; being refused a login is an answer too.
# It never depends on a password, so that changing one cannot restart the server.
set -eu

exec mysqladmin --defaults-extra-file="${1:?usage: live.sh PROBE_CNF}" --connect-timeout=5 ping
