/**
 * Shell commands that lay an empty folder, in memory, over another, and bind into it what was there: so that something
 * can be added to it, or is missing in it, and the folder itself stays as it is. Left out is what cannot be bound, and
 * what leads to another process: sockets and named pipes, and a folder that has one anywhere in it.
 * @param leftOut names to leave out, as patterns of `case`
 */
export function covering(folder: string, leftOut: readonly string[], mode: '700' | '755' = '700'): string {
  const path = quoted(folder)
  // `-c`: `./x` stays what it is in the covered folder.
  return `(
  cd ${path}
  mount -n -t tmpfs -o mode=${mode} tmpfs ${path}
  for each in * .[!.]*; do
    case $each in ${leftOut.join(' | ')}) continue ;; esac
    if [ -L "./$each" ]; then
      cp -P "./$each" ${path}/
    elif [ -d "./$each" ]; then
      found=$(find "./$each" -xdev \\( -type s -o -type p \\) -print -quit 2>/dev/null) && [ -z "$found" ] || continue
      mkdir ${path}/"$each"
      mount -n -c --rbind "./$each" ${path}/"$each" || :
    elif [ -f "./$each" ]; then
      : >${path}/"$each"
      mount -n -c --bind "./$each" ${path}/"$each" || :
    fi
  done
)`
}

/** A word of the shell that stands for itself. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
