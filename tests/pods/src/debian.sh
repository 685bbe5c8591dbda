#!/bin/sh
# Makes a root file system of Debian unstable with some packages, in a mount namespace of its own.
# It never mounts anything where the machine would see it, nor lets a package start a service.
set -eu
folder=$1 mirror=$2
shift 2

debootstrap --variant=minbase sid "$folder" "$mirror"
printf '#!/bin/sh\nexit 101\n' >"$folder/usr/sbin/policy-rc.d"
chmod +x "$folder/usr/sbin/policy-rc.d"
mount -t proc proc "$folder/proc"
DEBIAN_FRONTEND=noninteractive chroot "$folder" apt-get install -y --no-install-recommends "$@"
chroot "$folder" apt-get clean
umount "$folder/proc"
