import { readFileSync } from 'node:fs'

type Words = readonly [string, ...string[]]

/**
 * The words that start a workload as the user who opened the box. Where that took a user namespace its owner is root in
 * there, and the workload is given a namespace of its own in which it is itself again, with no rights over the box.
 */
export function workloadCommand(command: Words): Words {
  const user = mappedTo('/proc/self/uid_map')
  const group = mappedTo('/proc/self/gid_map')
  if (user === undefined || group === undefined) return command
  return ['unshare', `--map-user=${user}`, `--map-group=${group}`, '--', ...command]
}

/** Whom our 0 stands for, where it is the only one that there is: user_namespaces(7). */
function mappedTo(path: string): number | undefined {
  const [inside, outside, length] = readFileSync(path, 'utf8').trim().split(/\s+/).map(Number)
  return inside === 0 && length === 1 && outside !== 0 ? outside : undefined
}
