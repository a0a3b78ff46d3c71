import { covering } from './covering.ts'
import { labFolder } from './furniture.ts'

/** Where the command of a box finds what it is told. */
export const messageDescriptor = 4
/** Where the command of a box finds a file that it is given. */
export const fileDescriptor = 5
/** The mark beside a signal that was passed on from outside. */
export const passedOn = `${labFolder}/passed-on`

// What is no socket and leads out of the box all the same: handles of other namespaces, and a pod's own secrets.
const leadingOut = ['secrets', 'mayfly-lab', 'netns', 'docker', 'snapd']

/**
 * What PID 1 of the box does, as a shell script with the command as its arguments: a network with nothing in it but
 * loopback, a /run of its own, the command; and it waits, for the command and for every orphan. Whatever ends it ends
 * everything in the box, by the kernel's doing.
 *
 * The old /proc and /sys are taken away, not only laid over, where that is allowed: root could lift what lies over them.
 * /run is a tmpfs onto which the machine's own entries are bound, since what is in it could not be added to otherwise:
 * files at the paths that a platform has them at (/run/secrets).
 *
 * Descriptor 3 is a pipe from outside, a line for each signal to pass on, with a mark beside it: in here nobody can tell
 * which process group the terminal's is, and so whether a Ctrl-C has reached the command already. The pipe's end means
 * that whoever opened the box is gone. The shell gives a background job /dev/null for standard input, hence descriptor
 * 9. Descriptor 6 is the lock of `aroundBox`, and not for in here.
 * A signal to the whole process group, as Ctrl-C is, reaches the command by itself, and has to spare what keeps the box.
 */
export const boxScript = `
exec 6<&-
mask=$(umask)
umask 022
set -e
PATH=$PATH:/usr/sbin:/sbin ip link set lo up
while umount -n -l /proc 2>/dev/null; do :; done
mount -n -t proc -o nosuid,nodev,noexec proc /proc
${covering('/run', leadingOut, '755')}
mkdir ${labFolder}
if [ -d /var/run ] && ! [ /var/run -ef /run ]; then mount -n --rbind /run /var/run; fi
case $XDG_RUNTIME_DIR in /run/?*) mkdir -p "$XDG_RUNTIME_DIR" && chmod 700 "$XDG_RUNTIME_DIR" ;; esac
set +e
(
  mkdir ${labFolder}/cgroup
  mount -n --rbind /sys/fs/cgroup ${labFolder}/cgroup
  umount -n -l /sys
  mount -n -t sysfs -o ro,nosuid,nodev,noexec sysfs /sys && mount -n --move ${labFolder}/cgroup /sys/fs/cgroup
  umount -n -l ${labFolder}/cgroup
  rmdir ${labFolder}/cgroup
) 2>/dev/null
cd "$PWD" 2>/dev/null || cd /
umask $mask
trap : TERM INT HUP QUIT USR1 USR2
exec 9<&0
"$@" <&9 9<&- 3<&- &
child=$!
exec 9<&- ${messageDescriptor}<&- ${fileDescriptor}<&-
(
  trap '' TERM HUP USR1 USR2
  while read -r signal; do
    echo >${passedOn}
    kill -"$signal" $child
    echo passed on >&0
  done
  kill -KILL -1
) <&3 2>/dev/null &
exec 3<&-
while :; do
  wait $child
  code=$?
  kill -0 $child 2>/dev/null || exit $code
done`
