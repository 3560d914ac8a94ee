# Run a program in a file system that holds only what is named, without a network or privileges.
# sh walls.sh ROOT SHOWN... -- HIDDEN... -- PROGRAM...   (inside `unshare`, see walls.py)
set -e
PATH="$PATH:/usr/sbin:/sbin"
cd "$1"
mount -t tmpfs -o mode=755,size=1m walls "$1"
cd "$1"
shift
mkdir proc dev dev/shm tmp old
mount -t tmpfs -o mode=1777,size=256m work tmp
mount -t tmpfs -o mode=1777,size=64m shared dev/shm
for device in null zero random urandom; do
    : > "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
while [ "$1" != -- ]; do
    if [ -d "$1" ]; then mkdir -p ".$1"; else mkdir -p ".${1%/*}" && : > ".$1"; fi
    mount --rbind "$1" ".$1"
    mount -o remount,bind,ro ".$1"
    shift
done
shift
while [ "$1" != -- ]; do
    mount -t tmpfs -o ro,mode=755,size=4k hidden ".$1"
    shift
done
shift
mount -t proc proc proc 2> /dev/null || true # some containers forbid it; nothing needs it
pivot_root . old
umount -l /old
mount -o remount,ro /
cd /tmp
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all -- "$@"
