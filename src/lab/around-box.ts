import { loginFolders } from './logins.ts'

/**
 * What runs around a box and outside of it, as a shell script: its first argument is a home, or nothing, and the others
 * are the command that makes the box and ends with it. That leaves INT and TERM to the command in the box; the others
 * of a process group, as a terminal that closes sends them, would end it.
 *
 * In the box something is laid over the folders of a home that have logins. Those that are not there are made for that
 * long. Whoever makes some leaves a process behind that waits until no box holds the home any more, and takes them away
 * again, if they are as empty as they were: the lock ends with its holder, however that ends.
 */
export const aroundBox = `
trap '' HUP QUIT USR1 USR2
home=$1
shift
if [ -d "$home" ] && [ -r "$home" ] && command -v flock >/dev/null; then
  exec 6<"$home"
  flock -s 6
  made=
  for each in ${loginFolders.join(' ')}; do
    mkdir -m 700 "$home/$each" && made="$each $made"
  done 2>/dev/null
  if [ "$made" ]; then
    (cd "$home" && exec setsid flock . rmdir $made) <&- >/dev/null 2>&1 3<&- 5<&- 6<&- &
  fi
fi
exec "$@"`
