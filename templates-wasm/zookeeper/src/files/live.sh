#!/bin/bash
# Alive when the process answers, with or without a quorum.
# It never asks for a quorum: restarting a member does not bring the others back.
set -u

host=${1:?usage: live.sh HOST PORT}
port=${2:?usage: live.sh HOST PORT}

exec 3<>"/dev/tcp/$host/$port" || exit 1
printf 'ruok' >&3
answer=$(timeout 3 cat <&3)
[ "$answer" = imok ] && exit 0
echo "zookeeper: no imok: ${answer:-no answer within 3 s}"
exit 1
