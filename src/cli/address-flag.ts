import { isIP } from 'node:net'
import { bareHost } from '../wire/addresses.ts'
import { usage } from './flags.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** What `--metrics [HOST:]PORT` says: on loopback unless it names a host. @throws COMMAND_USAGE */
export function readAddress(flag: string, text: string): Address {
  const [, host = '127.0.0.1', port = ''] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? []
  const bare = bareHost(host)
  const named = isIP(bare) !== 0 ? host === bare || host.startsWith('[') : /^[a-z0-9.-]{1,253}$/i.test(host)
  if (port !== '' && Number(port) <= 65_535 && named) return { host: bare, port: Number(port) }
  throw usage('sts', `${flag} ${JSON.stringify(text)} is no address: expected PORT or HOST:PORT, 0 to 65535`)
}
