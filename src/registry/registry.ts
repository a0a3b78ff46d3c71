import { MayflyError } from '../errors.ts'
import type { TrustDocument } from './documents.ts'
import { entriesOf, keyOf, placesLeftOut, trustOf } from './entries.ts'
import { beginningWith, type SortedKeys, sortedKeys, withKey } from './sorted-keys.ts'
import type { Entry, Store, Write } from './store.ts'

/** A registered document, and where it comes from. */
export interface Registered {
  readonly key: string
  readonly document: unknown
  /** What an etag is made of; 0 for a document of a file. */
  readonly version: number
  /** Admin calls change what is stored; what a file says is changed in the file. */
  readonly from: 'file' | 'store'
}

/** What is registered, for one change of it. */
export interface Draft {
  get(key: string): Registered | undefined
  /** Everything whose key begins so, in the order of the keys. */
  list(prefix: string): readonly Registered[]
  /** @throws REGISTRY_DECLARED for what a file says */
  put(key: string, document: unknown): void
  /** @throws REGISTRY_DECLARED for what a file says */
  remove(key: string): void
}

/** Who is trusted: what the trust file says and what admin calls have stored, as one. */
export interface Registry {
  /** As it is now; another object after every change. */
  trust(): TrustDocument
  /** What is stored for these is not in it: accounts, projects, pools and applications that the file does not have. */
  leftOut(): readonly string[]
  /** To look only. */
  view(): Omit<Draft, 'put' | 'remove'>
  /**
   * Changes what is stored: kept when this resolves, all of it or none. `work` runs again on what is there by then when
   * somebody else was quicker; what it throws ends the change. `agreed` is waited for once, after the work and before
   * anything is stored; what it rejects with ends the change too.
   * @throws REGISTRY_CONFLICT when others were quicker again and again, REGISTRY_STORE
   */
  change<T>(work: (draft: Draft) => T, agreed?: () => Promise<void>): Promise<T>
  /** Takes what the trust file says by now. False, and `onError`, when it does not compile: the last good one stays. */
  declare(declared: TrustDocument): boolean
  /** How often what is registered changed since this was opened. */
  changes(): number
  /** Resolves when what is stored can be read. @throws REGISTRY_STORE */
  reach(): Promise<void>
  close(): Promise<void>
}

export interface RegistrySetting {
  readonly store: Store
  /** What the trust file says. */
  readonly declared: TrustDocument
  /** Throws for trust that does not compile: nothing of such a change is stored. */
  readonly check: (trust: TrustDocument) => unknown
  /** After every change, whoever made it. `leftOut` is as the registry's. */
  readonly onTrust: (trust: TrustDocument, leftOut: readonly string[]) => void
  /** When the store cannot be read after somebody else's change, or that does not compile: the last good trust stays in force. */
  readonly onError: (error: unknown) => void
}

/** How often a change is tried again on what others have made of it meanwhile. */
const tries = 8

/** @throws REGISTRY_STORE */
export async function openRegistry(setting: RegistrySetting): Promise<Registry> {
  const { store, check, onTrust, onError } = setting
  let declared = entriesOf(setting.declared)
  let version = await store.version()
  let stored = renewed(new Map(), await store.read())
  let keys = allKeys()
  let trust = joined()

  // What a file says wins: whoever wrote it may count on it.
  function joined(writes: readonly Write[] = []): TrustDocument {
    const entries = new Map<string, unknown>()
    for (const { key, document } of [...stored.values(), ...writes]) entries.set(key, document)
    for (const [key, document] of declared) entries.set(key, document)
    for (const { key, document } of writes) if (document === undefined) entries.delete(key)
    return trustOf(entries)
  }
  let changes = 0
  function allKeys(): SortedKeys {
    return sortedKeys([...declared.keys(), ...stored.keys()])
  }
  function apply(next = joined()) {
    try {
      check(next)
      trust = next
      changes += 1
      onTrust(next, leftOut())
      return true
    } catch (error) {
      onError(error)
      return false
    }
  }
  const leftOut = () => placesLeftOut(stored.keys(), (key) => declared.has(key) || stored.has(key))
  let commits = 0
  async function read(): Promise<void> {
    const before = commits
    // Asked for first: what is read may be newer than it says, and never older.
    const readAt = await store.version()
    const entries = await store.read()
    // What this process stored meanwhile may not be among them.
    if (commits !== before) return read()
    version = readAt
    stored = renewed(stored, entries)
    keys = allKeys()
    apply()
  }
  const stop = store.watch(() => void read().catch(onError))

  // One after the other: those of one process would only be in each other's way.
  let last: Promise<unknown> = Promise.resolve()
  function change<T>(work: (draft: Draft) => T, agreed = async () => {}): Promise<T> {
    const turn = last.then(() => made(work, agreed))
    last = turn.catch(() => {})
    return turn
  }
  async function made<T>(work: (draft: Draft) => T, agreed: () => Promise<void>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      // What another node has stored counts before this one has heard of it.
      if ((await store.version()) !== version) await read()
      const there = { declared, stored }
      const draft = draftOf({ declared, stored, keys })
      const result = work(draft)
      const writes = draft.writes()
      const next = writes.length > 0 ? joined(writes) : trust
      if (next !== trust) check(next)
      if (attempt === 1) await agreed()
      if (writes.length === 0) return result
      try {
        const all = [...writes, ...placesChanged(writes, there.stored)]
        const committed = await store.commit(all)
        commits += 1
        const alone = declared === there.declared && stored === there.stored && committed === version + 1
        if (!alone) await read()
        else {
          version = committed
          stored = withWrites(stored, all, version)
          for (const { key } of writes) keys = withKey(keys, key, stored.has(key))
          apply(next)
        }
        return result
      } catch (error) {
        if (!(error instanceof MayflyError && error.code === 'REGISTRY_CONFLICT') || attempt === tries)
          throw error
      }
    }
  }

  return {
    trust: () => trust,
    leftOut,
    view: () => draftOf({ declared, stored, keys }),
    change,
    declare(document) {
      const before = { declared, keys }
      declared = entriesOf(document)
      keys = allKeys()
      const good = apply()
      if (!good) ({ declared, keys } = before)
      return good
    },
    changes: () => changes,
    reach: async () => void (await store.version()),
    async close() {
      stop()
      await store.close()
    },
  }
}

/** The entries by their keys. One that is as it was stays the object that it is: what was compiled from it is known by it. */
function renewed(known: ReadonlyMap<string, Entry>, entries: readonly Entry[]): ReadonlyMap<string, Entry> {
  return new Map(
    entries.map((each) => {
      const there = known.get(each.key)
      return [each.key, there?.version === each.version ? there : each]
    }),
  )
}

function withWrites(
  entries: ReadonlyMap<string, Entry>,
  writes: readonly Write[],
  version: number,
): ReadonlyMap<string, Entry> {
  const next = new Map(entries)
  for (const { key, document } of writes)
    if (document === undefined) next.delete(key)
    else next.set(key, { key, document, version })
  return next
}

/**
 * One more write for each account, project or tenant in which something is written: two changes of one at the same time are
 * in conflict, whatever they write, and so the second is made on what the first has left.
 */
function placesChanged(writes: readonly Write[], stored: ReadonlyMap<string, Entry>): readonly Write[] {
  const places = new Set(writes.map(({ key }) => key.split('/', 2).join('/')))
  return [...places].map((place) => {
    const key = keyOf('changed', place)
    return { key, document: {}, replaces: stored.get(key)?.version ?? 0 }
  })
}

interface State {
  readonly declared: ReadonlyMap<string, unknown>
  readonly stored: ReadonlyMap<string, Entry>
  /** Of both. */
  readonly keys: SortedKeys
}

function draftOf({ declared, stored, keys }: State): Draft & { writes(): readonly Write[] } {
  const changes = new Map<string, unknown>()
  const get = (key: string): Registered | undefined => {
    if (declared.has(key)) return { key, document: declared.get(key), version: 0, from: 'file' }
    const version = stored.get(key)?.version ?? 0
    const document = changes.has(key) ? changes.get(key) : stored.get(key)?.document
    return document === undefined ? undefined : { key, document, version, from: 'store' }
  }
  const put = (key: string, document: unknown) => {
    if (declared.has(key)) throw declaredInFile(key)
    changes.set(key, document)
  }
  return {
    get,
    list(prefix) {
      let found = beginningWith(keys, prefix)
      for (const key of changes.keys()) if (key.startsWith(prefix)) found = withKey(found, key, true)
      return found.flatMap((key) => get(key) ?? [])
    },
    put,
    remove: (key) => put(key, undefined),
    writes: () =>
      [...changes].map(([key, document]) => ({ key, document, replaces: stored.get(key)?.version ?? 0 })),
  }
}

function declaredInFile(key: string): MayflyError {
  const name = decodeURIComponent(key)
  return new MayflyError('REGISTRY_DECLARED', {
    message: `${name} is registered by the trust file, and is changed there`,
    values: { key, name },
  })
}
