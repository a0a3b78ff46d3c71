import { existsSync } from 'node:fs'
import type { Environment } from '../world.ts'

const shell = '/bin/sh'

// A shell waits for every child it has, its own and those that orphans left to PID 1. Standard input goes by way of
// descriptor 3, since a shell gives its background jobs /dev/null. `wait` ends early when a trap runs: then it waits
// on, for as long as the child is there.
const script = `
exec 3<&0
"$@" <&3 3<&- &
child=$!
exec 3<&-
for signal in TERM INT HUP QUIT USR1 USR2; do
  trap "kill -$signal $child 2>/dev/null" $signal
done
while :; do
  wait $child
  code=$?
  kill -0 $child 2>/dev/null || exit $code
done`

/** The words that start the same command again, below something that reaps. */
export function underReaper(command: readonly string[]): readonly [string, ...string[]] {
  return [shell, '-c', script, 'mayfly', ...command]
}

/**
 * As PID 1 of a container, becomes a small shell script that starts this command again and reaps whatever orphans
 * are left to PID 1, which Node cannot. Does nothing elsewhere, and in an image without a shell.
 */
export function reapIfFirst(command: readonly string[], env: Environment): void {
  if (process.pid !== 1 || process.execve === undefined || !existsSync(shell)) return
  const [program, ...rest] = underReaper(command)
  process.execve(program, ['sh', ...rest], env as NodeJS.ProcessEnv)
}

/** The words that started this process, interpreter and its flags included. */
export function ownCommand(): readonly string[] {
  return [process.execPath, ...process.execArgv, ...process.argv.slice(1, 2)]
}
