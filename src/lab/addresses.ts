import { ownHosts } from '../sts/own-issuers.ts'
import type { Sts } from '../sts/sts.ts'
import { isLocalhostName } from '../wire/addresses.ts'
import type { Plugged } from './gateway.ts'
import { fits, vendorOf } from './hosts.ts'
import type { Site } from './platform.ts'

const loopback = '127.0.0.1'
/** Issuers of tokens that are asked for by name even where nobody registered them. */
const forges = ['gitlab.com', 'github.com', 'api.github.com', 'token.actions.githubusercontent.com']

export interface Played {
  readonly site: Site
  readonly sts: Sts
  readonly plugged: readonly Plugged[]
}

/** Where a host name leads in the box; undefined for every name that is not played: there is no other place. */
export function addressOf(name: string, { site, sts, plugged }: Played): string | undefined {
  if (isLocalhostName(name)) return loopback
  if (Object.hasOwn(site.names ?? {}, name)) return site.names?.[name]
  const atGateway =
    vendorOf(name) !== undefined ||
    forges.includes(name) ||
    ownHosts(sts.registered()).has(name) ||
    Object.hasOwn(site.hosts ?? {}, name) ||
    plugged.some(({ hosts }) => fits(hosts, name))
  return atGateway ? loopback : undefined
}
