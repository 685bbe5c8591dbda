#!/bin/sh
# Builds the root of one container in a mount namespace of its own, and becomes its first process.
# It never touches the environment, which is the container's, nor follows a link out of the new root.
set -eu
# unshare keeps its own standard error: what it says at the end is no word of the container.
exec >>"$1" 2>&1
shift
_layer=$1 _base=$2 _mounts=$3 _pid=$4 _root=$5 _user=$6 _group=$7 _groups=$8 _dir=$9
shift 9
_path=$PATH
PATH=/usr/sbin:/usr/bin:/sbin:/bin

read -r _own _ </proc/self/stat
exec 9>"$_pid"

mount -t tmpfs -o mode=0755 layer "$_layer"
mkdir "$_layer/upper" "$_layer/work" "$_layer/root"
mount -t overlay -o "lowerdir=$_base,upperdir=$_layer/upper,workdir=$_layer/work" overlay "$_layer/root"
_at=$_layer/root

# What an image would not have, and what every container has.
for _name in run home root srv; do
    mkdir -p "$_at/$_name"
    mount -t tmpfs -o mode=0755 hidden "$_at/$_name"
done
mkdir -p "$_at/tmp" "$_at/proc" "$_at/dev" "$_at/etc/.pod"
mount -t tmpfs -o mode=1777 hidden "$_at/tmp"
mount -t proc -o nosuid,nodev,noexec proc "$_at/proc"
mount -t tmpfs -o mode=0755 dev "$_at/dev"
for _name in null zero full random urandom tty; do
    : >"$_at/dev/$_name"
    mount --bind "/dev/$_name" "$_at/dev/$_name"
done
ln -s /proc/self/fd "$_at/dev/fd"
ln -s /proc/self/fd/0 "$_at/dev/stdin"
ln -s /proc/self/fd/1 "$_at/dev/stdout"
ln -s /proc/self/fd/2 "$_at/dev/stderr"
mkdir "$_at/dev/shm"
mount -t tmpfs -o mode=1777,size=64m shm "$_at/dev/shm"
# Links, so that a changed file replaces the old one whole.
for _name in hosts hostname resolv.conf; do
    ln -sfn ".pod/$_name" "$_at/etc/$_name"
done

_tab=$(printf '\t')
# place FROM TO: a folder or file to mount on; the place is left in $_place.
place() {
    _place=$_at$(chroot "$_at" realpath -m "$2")
    if [ -d "$1" ]; then
        [ -d "$_place" ] || mkdir -p "$_place"
    elif ! [ -e "$_place" ]; then
        mkdir -p "${_place%/*}"
        : >"$_place"
    fi
}
while IFS=$_tab read -r _from _to _mode; do place "$_from" "$_to"; done <"$_mounts"
if [ "$_root" = read-only ]; then
    for _name in run home root srv tmp; do mount -o remount,ro "$_at/$_name"; done
    mount -o remount,ro "$_at"
fi
while IFS=$_tab read -r _from _to _mode; do
    place "$_from" "$_to"
    mount --bind "$_from" "$_place"
    [ "$_mode" = rw ] || mount -o remount,bind,ro "$_place"
done <"$_mounts"

_chroot=$(command -v chroot)
PATH=$_path
# Its number is told from inside the new root, so that commands beside it never see the old one.
# shellcheck disable=SC2016  # the inner shell's own arguments
exec "$_chroot" "$_at" /bin/sh -c 'echo "$0" >&9; exec 9>&-; exec "$@"' "$_own" env -C "$_dir" setpriv --reuid="$_user" --regid="$_group" --groups="$_groups" --no-new-privs \
    --bounding-set=-all --inh-caps=-all -- "$@"
