import { closeSync, readdirSync, readFileSync } from 'node:fs'

/**
 * Closes what this process was started with besides its three standard streams, and would leave to every process that
 * it starts: a socket that somebody connected outside or a handle of another namespace would lead out of the box. Node
 * makes none of its own that way, and stops looking for the caller's at the first gap in their numbers.
 */
export function closeInherited(): void {
  const open = readdirSync('/proc/self/fd').map(Number)
  for (const each of open) if (each > 2 && isLeftOn(each)) closeSync(each)
}

const closeOnExec = 0o2000000

/** proc_pid_fdinfo(5). The folder that is read is among them, and closed by now. */
function isLeftOn(descriptor: number): boolean {
  try {
    const [, flags = ''] =
      /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8')) ?? []
    return (Number.parseInt(flags, 8) & closeOnExec) === 0
  } catch {
    return false
  }
}
