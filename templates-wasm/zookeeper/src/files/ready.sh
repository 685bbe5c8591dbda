#!/bin/bash
# Ready when this member serves requests, that is when it sees a quorum.
# It never starts a JVM: a probe that does is killed with the pod by the memory limit.
set -u

host=${1:?usage: ready.sh HOST PORT}
port=${2:?usage: ready.sh HOST PORT}

exec 3<>"/dev/tcp/$host/$port" || exit 1
printf 'srvr' >&3
answer=$(timeout 3 cat <&3)
case $answer in
  *'Mode: '*) exit 0 ;;
esac
echo "zookeeper: not serving: ${answer:-no answer within 3 s}"
exit 1
