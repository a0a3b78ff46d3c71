import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Clock, wallClock } from '../world.ts'
import type { Entry, Store, Write } from './store.ts'
import { checkVersion, storeFailed } from './store-errors.ts'

export interface SqliteStoreOptions {
  /** Made, for this user alone, where there is none. */
  readonly path: string
  readonly clock?: Clock
}

/** How often another process's changes are looked for. A look reads one number from memory. */
const lookMs = 500
/** How long a commit waits for one of another process. */
const busyMs = 5000

/** From nothing to what this version reads, a step at a time; `PRAGMA user_version` counts the steps that were taken. */
const migrations = [
  `CREATE TABLE entries (key TEXT PRIMARY KEY, document TEXT NOT NULL, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE state (version INTEGER NOT NULL) STRICT;
   INSERT INTO state VALUES (0)`,
]

/**
 * One file, which several processes of one machine may share. A commit is on the disk when it returns: the write-ahead
 * log is synchronised at every one (https://www.sqlite.org/pragma.html#pragma_synchronous).
 * @throws REGISTRY_STORE when it cannot be opened, or a newer Mayfly wrote it
 */
export function sqliteStore({ path, clock = wallClock }: SqliteStoreOptions): Store {
  const failing = <T>(work: () => T): T => {
    try {
      return work()
    } catch (cause) {
      throw storeFailed(path, cause)
    }
  }
  const database = failing(() => open(path))
  const all = database.prepare('SELECT key, document, version FROM entries ORDER BY key')
  const last = database.prepare('SELECT version FROM state')
  const commit = committer(database)
  return {
    read: async () => failing(() => all.all().map(entryOf)),
    version: async () => failing(() => Number(last.get()?.version)),
    commit: async (writes) => failing(() => commit(writes)),
    watch: (changed) => watchOthers(database, clock, changed),
    close: async () => database.close(),
  }
}

function open(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  // The database, its log and its index: SQLite gives the two the mode of the first.
  const mask = process.umask(0o077)
  const database = new DatabaseSync(path, { timeout: busyMs })
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    exclusively(database, () => migrate(database))
    return database
  } catch (error) {
    database.close()
    throw error
  } finally {
    process.umask(mask)
  }
}

function migrate(database: DatabaseSync): void {
  const { user_version: taken } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  if (taken > migrations.length)
    throw new Error(`it was written by a newer Mayfly (schema ${taken}, this one knows ${migrations.length})`)
  for (const step of migrations.slice(taken)) database.exec(step)
  database.exec(`PRAGMA user_version = ${migrations.length}`)
}

/** All of the work or none of it, and no other writer meanwhile. */
function exclusively<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function committer(database: DatabaseSync): (writes: readonly Write[]) => number {
  const next = database.prepare('UPDATE state SET version = version + 1 RETURNING version')
  const versionOf = database.prepare('SELECT version FROM entries WHERE key = ?')
  const put = database.prepare('INSERT OR REPLACE INTO entries VALUES (?, ?, ?)')
  const remove = database.prepare('DELETE FROM entries WHERE key = ?')
  return (writes) =>
    exclusively(database, () => {
      const { version } = next.get() as { version: number }
      for (const write of writes) checkVersion(write, versionOf.get(write.key)?.version as number | undefined)
      for (const { key, document } of writes)
        if (document === undefined) remove.run(key)
        else put.run(key, JSON.stringify(document), version)
      return version
    })
}

function entryOf({ key, document, version }: Record<string, unknown>): Entry {
  return { key: String(key), document: JSON.parse(String(document)), version: Number(version) }
}

/** `PRAGMA data_version` is another after a commit of any connection but this one. */
function watchOthers(database: DatabaseSync, clock: Clock, changed: () => void): () => void {
  const look = database.prepare('PRAGMA data_version')
  const version = () => look.get()?.data_version
  let seen = version()
  let cancel = () => {}
  const again = () => {
    cancel = clock.after(lookMs, () => {
      if (!database.isOpen) return
      const now = version()
      if (now !== seen) changed()
      seen = now
      again()
    })
  }
  again()
  return () => cancel()
}
