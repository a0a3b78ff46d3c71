import type { Entry, Store } from './store.ts'
import { checkVersion } from './store-errors.ts'

/** A store that ends with the process. */
export function memoryStore(): Store {
  const entries = new Map<string, Entry>()
  let version = 0
  return {
    read: async () => [...entries.values()].sort((a, b) => (a.key < b.key ? -1 : 1)),
    version: async () => version,
    async commit(writes) {
      for (const write of writes) checkVersion(write, entries.get(write.key)?.version)
      version += 1
      for (const { key, document } of writes)
        if (document === undefined) entries.delete(key)
        else entries.set(key, { key, document: structuredClone(document), version })
      return version
    },
    // Nobody else can reach it.
    watch: () => () => {},
    close: async () => {},
  }
}
