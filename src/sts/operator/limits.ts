import { printable } from '../../wire/printable.ts'
import type { Verified, VerifiedAdmin, WebIdentity } from '../ask.ts'
import { principalName } from '../google/access-token.ts'
import type { KeySource } from '../key-source.ts'
import { plainAddress } from '../request.ts'
import { RateExceeded } from './rate-exceeded.ts'
import { type Empty, type Rate, type TokenBuckets, tokenBuckets } from './token-buckets.ts'

/** Whose requests are counted together: those from one address, of one caller who was verified, with tokens of one issuer. */
export const limitKinds = ['address', 'caller', 'issuer'] as const
export type LimitKind = (typeof limitKinds)[number]
export type Rates = Readonly<Partial<Record<LimitKind, Rate>>>

/** How often somebody may ask. Each call is made at its own stage of a request, the cheapest first. */
export interface Limits {
  /** Before anything of a request is read. @throws REQUEST_RATE */
  arrived(from: string): void
  /** When it is known which operation is asked for, by its name in the audit. @throws REQUEST_RATE */
  asked(operation: string): void
  /**
   * Before a token's signature is checked with a key of that issuer. It takes nothing: otherwise tokens that somebody
   * made up would use up what an issuer's own may ask. @throws REQUEST_RATE
   */
  presented(issuer: string): void
  /** When it is known who asks, which is only looked at where somebody is limited; takes from the issuer too. @throws REQUEST_RATE */
  verified(who: () => Who): void
  /** How often each kind refused, since the start. */
  refused(): Readonly<Record<LimitKind, number>>
  /** How many are remembered, each kind. */
  remembered(): Readonly<Record<LimitKind, number>>
}

export interface Who {
  readonly caller: string
  /** Of the token that proved it. */
  readonly issuer?: string
}

/** Limits of no kind. */
export const noLimits: Limits = createLimits({}, Date.now)

export function createLimits(rates: Rates, now: () => number): Limits {
  const buckets: Partial<Record<LimitKind, TokenBuckets>> = {}
  for (const kind of limitKinds) {
    const rate = rates[kind]
    if (rate) buckets[kind] = tokenBuckets({ ...rate, now })
  }
  const refused = { address: 0, caller: 0, issuer: 0 }
  const check = (kind: LimitKind, key: string, empty: Empty | undefined) => {
    if (!empty) return
    refused[kind] += 1
    throw exceeded(kind, key, empty)
  }
  const { address, caller, issuer } = buckets
  return {
    arrived(from) {
      if (!address || from === '') return
      const key = networkOf(from)
      check('address', key, address.take(key))
    },
    // No limit is of an operation; a fault can be.
    asked: () => {},
    presented(key) {
      check('issuer', key, issuer?.look(key))
    },
    verified(ask) {
      if (!issuer && !caller) return
      const who = ask()
      if (issuer && who.issuer !== undefined) check('issuer', who.issuer, issuer.take(who.issuer))
      check('caller', who.caller, caller?.take(who.caller))
    },
    refused: () => ({ ...refused }),
    remembered: () => ({
      address: address?.size ?? 0,
      caller: caller?.size ?? 0,
      issuer: issuer?.size ?? 0,
    }),
  }
}

/** Who asks, by the name that was verified. A session counts for itself: pods that share a role do not share its limit. */
export function whoOf({ identity }: Verified | VerifiedAdmin): Who {
  if (identity.type === 'aws') return { caller: identity.arn }
  if (identity.type === 'google') return { caller: principalName(identity) }
  if (identity.type === 'oauth') return whoOfToken(identity.subject)
  return whoOfToken(identity)
}

function whoOfToken(identity: Pick<WebIdentity, 'issuer' | 'subject'>): Who {
  return { caller: `${identity.issuer} ${identity.subject}`, issuer: identity.issuer }
}

/** The keys of issuers that have not used up their limit. */
export function limitedKeys(source: KeySource, limits: Limits): KeySource {
  return {
    ...source,
    key(trusted, header) {
      limits.presented(trusted.issuer)
      return source.key(trusted, header)
    },
  }
}

/** Of IPv6 the /64, since whoever has one address of it has them all. */
function networkOf(from: string): string {
  const address = plainAddress(from)
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const groups = head.split(':').filter(Boolean)
  const rest = tail?.split(':').filter(Boolean) ?? []
  const zeros = tail === undefined ? 0 : 8 - groups.length - rest.length
  const whole = [...groups, ...Array<string>(Math.max(0, zeros)).fill('0'), ...rest]
  return `${whole.slice(0, 4).join(':')}::/64`
}

function exceeded(kind: LimitKind, key: string, { waitMs, tell }: Empty): RateExceeded {
  const others = tell === undefined || tell === 1 ? '' : `, ${tell} times since this was last said`
  const message = `the ${kind} ${printable(key)} asks more often than its limit allows${others}`
  return new RateExceeded(message, { waitMs, recorded: tell !== undefined })
}
