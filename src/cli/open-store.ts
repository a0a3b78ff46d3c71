import { resolve } from 'node:path'
import type { Store } from '../registry/store.ts'
import type { Io } from './command.ts'

/** What `--store` names, with a file's whole path. */
export function placeOf(store: string, cwd: string): string {
  return store === 'memory' || store === 'none' || isPostgres(store) ? store : resolve(cwd, store)
}

/**
 * The store of a registry: `memory` (also for `none`), a `postgres://` URL, or an SQLite file. Only the database that is asked for is loaded.
 * @throws REGISTRY_STORE
 */
export async function openStore(place: string, io: Io): Promise<Store> {
  if (place === 'memory' || place === 'none')
    return (await import('../registry/memory-store.ts')).memoryStore()
  if (!isPostgres(place)) return (await import('../registry/sqlite-store.ts')).sqliteStore({ path: place })
  const { postgresStore } = await import('../registry/postgres-store.ts')
  return postgresStore({ url: place, log: (line) => io.err(`${line}\n`) })
}

/** To be shown to people. */
export function withoutPassword(place: string): string {
  return isPostgres(place) ? place.replace(/(\/\/[^:@/]*):[^@/]*@/, '$1@').replace(/\?.*$/, '') : place
}

function isPostgres(place: string): boolean {
  return /^postgres(ql)?:\/\//.test(place)
}
