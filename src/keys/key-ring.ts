import { randomBytes } from 'node:crypto'
import { MayflyError } from '../errors.ts'
import { keyFileStore } from './key-file.ts'
import type { Keys, Sealing } from './keys.ts'
import { counts, currentKey, inUseSince } from './rotation.ts'
import { masterBytes, sealingWith } from './sealing.ts'
import { generateIssuerKey, type IssuerKey } from './signing.ts'
import type { Keyed, KeyStore, MasterKey } from './store.ts'

/** The issuers of ours: a fixed list, or a look-up by URL where the list changes while we run. */
export type KeyedIssuers = readonly Keyed[] | ((url: string) => Keyed | undefined)

/** Keys that end with this process: for tests and demonstrations. */
export function ephemeralKeys(issuers: KeyedIssuers, now: () => number = Date.now): Keys {
  const store: KeyStore = {
    masters: () => [{ secret: randomBytes(masterBytes) }],
    issuerKeys: (issuer) => [generateIssuerKey(issuer.algorithm)],
    goodForMs: Number.POSITIVE_INFINITY,
  }
  return keysIn(store, issuers, now)
}

/**
 * Keys that several processes share and that survive them, in a file of mode 0600 (made if absent) and others beside
 * it. An issuer's key pair is made when it is first needed; with `rotateEveryMs` every key gets successors.
 * @throws KEY_FILE
 */
export function keysFromFile(
  path: string,
  issuers: KeyedIssuers,
  now: () => number = Date.now,
  rotateEveryMs?: number,
): Keys {
  return keysIn(keyFileStore({ path, now, rotateEveryMs }), issuers, now)
}

function keysIn(store: KeyStore, issuers: KeyedIssuers, now: () => number): Keys {
  const find = typeof issuers === 'function' ? issuers : findIn(issuers)
  const reread = <Value>(read: () => Value) => readAgain(read, store.goodForMs, now)
  const held = new Map<string, () => readonly IssuerKey[]>()
  const keysOf = (issuer: Keyed) => {
    const name = `${issuer.algorithm} ${issuer.url}`
    const read = held.get(name) ?? reread(() => store.issuerKeys(issuer))
    held.set(name, read)
    return read()
  }
  const masters = reread(() => store.masters())
  const signingSince = () =>
    [...held.values()].flatMap((read) => inUseSince(currentKey(read(), now()) ?? {}) ?? [])
  return {
    sealing: sealingBy(ofLatest(masters, (found) => sealingOf(found, now()))),
    inUseSince: () => ({
      sealing: inUseSince(currentKey(masters(), now()) ?? {}),
      signing: signingSince().toSorted((a, b) => a.getTime() - b.getTime())[0],
    }),
    signing(issuerUrl, algorithm) {
      const issuer = find(issuerUrl)
      const keyed =
        issuer && byAlgorithm(issuer).find((each) => each.algorithm === (algorithm ?? issuer.algorithm))
      const current = keyed && currentKey(keysOf(keyed), now())
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
          .filter((each) => counts(each, now()))
          .map((each) => each.jwk)
      )
    },
  }
}

/** Whatever still counts opens, whether its time to seal has come or not: another process's clock may be ahead. */
function sealingOf(masters: readonly MasterKey[], nowMs: number): Sealing {
  const current = currentKey(masters, nowMs)
  const others = masters.filter((each) => each !== current)
  const open = others.filter((each) => counts(each, nowMs))
  const past = others.filter((each) => !counts(each, nowMs))
  return sealingWith(secretsOf(current ? [current, ...open] : open), secretsOf(past))
}

function secretsOf(masters: readonly MasterKey[]): readonly Uint8Array[] {
  return masters.map((each) => each.secret)
}

function sealingBy(current: () => Sealing): Sealing {
  // Now, so that a file that is none is found out at the start.
  current()
  return {
    seal: (purpose, record) => current().seal(purpose, record),
    unseal: (purpose, sealed) => current().unseal(purpose, sealed),
    deriveSecrets: (purpose, text) => current().deriveSecrets(purpose, text),
  }
}

/** What was read, for as long as it is good. */
function readAgain<Value>(read: () => Value, goodForMs: number, now: () => number): () => Value {
  let last: { readonly value: Value; readonly atMs: number } | undefined
  return () => {
    const atMs = now()
    // Either way: somebody may have put the clock back.
    if (!last || Math.abs(atMs - last.atMs) >= goodForMs) last = { value: read(), atMs }
    return last.value
  }
}

/** What is made of the latest value, made once for each. */
function ofLatest<Value, Made>(latest: () => Value, make: (value: Value) => Made): () => Made {
  let last: { readonly value: Value; readonly made: Made } | undefined
  return () => {
    const value = latest()
    if (last?.value !== value) last = { value, made: make(value) }
    return last.made
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
