import { isIP } from 'node:net'
import { bareHost, isLoopbackHost } from '../wire/addresses.ts'
import { ownHosts } from './own-issuers.ts'
import type { Snapshot } from './snapshot.ts'
import type { Sts } from './sts.ts'

/** The names of the one cloud that Entra has for the public. */
export const entraHosts: readonly string[] = [
  'login.microsoftonline.com',
  'login.windows.net',
  'login.microsoft.com',
  'sts.windows.net',
]

/** The clouds' own names, which lead here by a hosts file or a proxy. Of Microsoft's, customers have names too below most. */
const clouds = ['.amazonaws.com', '.amazonaws.com.cn', '.api.aws', '.googleapis.com']
const exactly = new Set([...entraHosts, 'graph.microsoft.com'])
/** Unspecified addresses: bound to one, a server has every address of its machine. */
const everywhere = new Set(['0.0.0.0', '::'])
/** Enough for every region; more of them are looked at anew. */
const mostRemembered = 256

/**
 * Whether a `Host` is one that this service answers for: a loopback name, what it listens on, a name of the clouds or of
 * an issuer of ours. A page that has its own name lead here (DNS rebinding) comes with that name.
 */
export function hostGuard(listensOn: string, sts: Sts): (host: string) => boolean {
  const own = bareHost(listensOn)
  let remembered = new Set<string>()
  let registered: Snapshot | undefined
  return (host) => {
    const now = sts.registered()
    if (registered !== now || remembered.size >= mostRemembered) {
      registered = now
      remembered = new Set()
    }
    if (remembered.has(host)) return true
    const answers = answersFor(host, own, now)
    if (answers) remembered.add(host)
    return answers
  }
}

const hostAndPort = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::\d{1,5})?$/i

function answersFor(host: string, own: string, registered: Snapshot): boolean {
  const name = bareHost(hostAndPort.exec(host)?.[1] ?? '')
  if (name === '') return false
  if (name === own || isLoopbackHost(name) || exactly.has(name)) return true
  if (clouds.some((each) => name.endsWith(each))) return true
  // An address is nobody's name: only whoever can reach this service by it asks for it.
  return (isIP(name) !== 0 && everywhere.has(own)) || ownHosts(registered).has(name)
}
