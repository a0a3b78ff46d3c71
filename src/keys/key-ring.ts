import { randomBytes } from 'node:crypto'
import { MayflyError } from '../errors.ts'
import { keyFileStore } from './key-file.ts'
import type { Keys } from './keys.ts'
import { masterBytes, sealingWith } from './sealing.ts'
import { generateIssuerKey, type IssuerKey } from './signing.ts'
import type { Keyed, KeyStore } from './store.ts'

/** The issuers of ours: a fixed list, or a look-up by URL where the list changes while we run. */
export type KeyedIssuers = readonly Keyed[] | ((url: string) => Keyed | undefined)

/** Keys that end with this process: for tests and demonstrations. */
export function ephemeralKeys(issuers: KeyedIssuers, now: () => number = Date.now): Keys {
  const store: KeyStore = {
    masters: () => [randomBytes(masterBytes)],
    issuerKeys: (issuer) => [generateIssuerKey(issuer.algorithm)],
  }
  return keysIn(store, issuers, now)
}

/**
 * Keys that several processes share and that survive them, in a file of mode 0600 (made if absent) and others beside
 * it. An issuer's key pair is made when it is first needed.
 * @throws KEY_FILE
 */
export function keysFromFile(path: string, issuers: KeyedIssuers, now: () => number = Date.now): Keys {
  return keysIn(keyFileStore(path, now), issuers, now)
}

function keysIn(store: KeyStore, issuers: KeyedIssuers, now: () => number): Keys {
  const find = typeof issuers === 'function' ? issuers : findIn(issuers)
  const held = new Map<string, readonly IssuerKey[]>()
  const keysOf = (issuer: Keyed) => {
    const name = `${issuer.algorithm} ${issuer.url}`
    const keys = held.get(name) ?? store.issuerKeys(issuer)
    held.set(name, keys)
    return keys
  }
  return {
    sealing: sealingWith(store.masters()),
    signing(issuerUrl, algorithm) {
      const issuer = find(issuerUrl)
      const keyed =
        issuer && byAlgorithm(issuer).find((each) => each.algorithm === (algorithm ?? issuer.algorithm))
      const current = keyed && keysOf(keyed).find((each) => each.notAfterMs === undefined)
      if (!current)
        throw new MayflyError('KEY_FILE', { message: `there is no key to sign as ${issuerUrl} with` })
      return current
    },
    jwks(issuerUrl) {
      const issuer = find(issuerUrl)
      return (
        issuer &&
        byAlgorithm(issuer)
          .flatMap(keysOf)
          .filter(livesAt(now()))
          .map((each) => each.jwk)
      )
    },
  }
}

/** An issuer with several algorithms, as one of each. */
function byAlgorithm({ url, algorithm, also = [] }: Keyed): readonly Keyed[] {
  return [algorithm, ...also].map((each) => ({ url, algorithm: each }))
}

function findIn(issuers: readonly Keyed[]): (url: string) => Keyed | undefined {
  const byUrl = new Map(issuers.map((each) => [each.url, each]))
  return (url) => byUrl.get(url)
}

function livesAt(nowMs: number) {
  return (key: IssuerKey) => key.notAfterMs === undefined || key.notAfterMs > nowMs
}
