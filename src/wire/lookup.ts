import { type LookupAddress, type LookupAllOptions, lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { bareHost, isLocalhostName, isPublicAddress } from './addresses.ts'
import { BlockedAddress } from './unreachable.ts'

/** Which addresses a host name may lead to. */
export type Reach = 'any' | 'public'

/** As `dns.lookup`, for all addresses. */
export type Resolve = (
  host: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

const thisMachine: LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/** Resolves once; the addresses that were checked are the ones that are dialled, so no later answer can differ. */
export function lookupWithin(reach: Reach, resolve: Resolve = systemLookup): LookupFunction {
  return (host, options, callback) => {
    const answer = (error: Error | null, addresses: LookupAddress[]) => {
      const blocked = reach === 'public' && addresses.find(({ address }) => !isPublicAddress(address))
      const failure = error ?? (blocked ? new BlockedAddress(host, blocked.address) : null)
      if (options.all || failure) callback(failure, failure ? [] : addresses)
      else callback(null, addresses[0]!.address, addresses[0]!.family)
    }
    // Never asked of DNS, where anybody could answer (RFC 6761 §6.3).
    if (isLocalhostName(bareHost(host))) return answer(null, thisMachine)
    resolve(host, { ...options, all: true }, (error, addresses) => answer(error, addresses ?? []))
  }
}
