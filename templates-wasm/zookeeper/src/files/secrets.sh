#!/bin/bash
# Writes what the JVM must know of passwords, from the mounted Secret into memory.
# It never prints one nor gives one to another program as an argument.
set -eu

usage='usage: secrets.sh SECRET_DIR TARGET_DIR [USERNAME]'
secrets=${1:?$usage} target=${2:?$usage} username=${3:-}
umask 077

# Reads one password; what would end a quoted text is refused.
read_password() {
  password=$(cat "$secrets/$1")
  case $password in
    '' | *[!-A-Za-z0-9_.,:+/=@%~!*^]*)
      echo "zookeeper: $1 is empty or has characters other than letters, digits and -_.,:+/=@%~!*^" >&2
      exit 1
      ;;
  esac
}

module='org.apache.zookeeper.server.auth.DigestLoginModule required'
jaas='' options=''
if [ -f "$secrets/client-password" ]; then
  read_password client-password
  jaas+="Server {
  $module user_$username=\"$password\";
};
Client {
  $module username=\"$username\" password=\"$password\";
};
"
fi
if [ -f "$secrets/quorum-password" ]; then
  read_password quorum-password
  jaas+="QuorumServer {
  $module user_member=\"$password\";
};
QuorumLearner {
  $module username=\"member\" password=\"$password\";
};
"
fi
if [ -n "$jaas" ]; then
  printf '%s' "$jaas" >"$target/jaas.conf"
  # Since 3.9 the program thinks of DIGEST-MD5 as not allowed unless told otherwise.
  options+="-Djava.security.auth.login.config=$target/jaas.conf
-Dzookeeper.fips-mode=false
"
fi
if [ -f "$secrets/super-password" ]; then
  read_password super-password
  hex=$(printf 'super:%s' "$password" | sha1sum | cut -c 1-40)
  # shellcheck disable=SC2059 # the format is the bytes
  digest=$(printf "$(printf '%s' "$hex" | sed 's/../\\x&/g')" | base64)
  options+="-Dzookeeper.DigestAuthenticationProvider.superDigest=super:$digest
"
fi
# A file of options, because the arguments of a process can be read by others.
printf '%s' "$options" >"$target/jvm.options"
