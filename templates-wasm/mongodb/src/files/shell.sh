#!/bin/sh
# Becomes mongosh running one of the scripts beside this one, connected to nothing yet.
# It never passes a password: the script reads them from files, so no list of processes shows one.
set -eu

script=${1:?usage: shell.sh SCRIPT}
home=${HOME:?no HOME to keep the shell\'s settings in}

# The shell would write a log and send figures about its use otherwise.
umask 077
mkdir -p "$home/.mongodb/mongosh"
printf '{"enableTelemetry":false,"disableLogging":true}\n' >"$home/.mongodb/mongosh/config"
exec mongosh --nodb --quiet --norc --file "${KU8_SCRIPTS:?}/$script"
