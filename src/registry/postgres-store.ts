import { Client, Pool, type PoolClient } from 'pg'
import { type Clock, wallClock } from '../world.ts'
import type { Entry, Store, Write } from './store.ts'
import { checkVersion, storeFailed } from './store-errors.ts'

export interface PostgresStoreOptions {
  /** `postgres://user@host/database`; what it leaves out is taken from the PG* variables. */
  readonly url: string
  readonly clock?: Clock
  /** One line when the connection that hears of others' changes is lost, and when it is back. */
  readonly log?: (line: string) => void
}

/** Of every node of one registry: what is listened to, and what holds two of them from migrating at a time. */
const channel = 'mayfly_registry'
const migrationLock = 0x6d617966
const reconnectMs = 1000

/** From nothing to what this version reads, a step at a time. */
const migrations = [
  `CREATE TABLE mayfly_entries (key text COLLATE "C" PRIMARY KEY, document jsonb NOT NULL, version bigint NOT NULL);
   CREATE TABLE mayfly_state (version bigint NOT NULL);
   INSERT INTO mayfly_state VALUES (0)`,
]

/**
 * A database that several nodes share; every one hears of the others' commits at once (LISTEN, NOTIFY).
 * Any server that speaks PostgreSQL's protocol with row locks will do. With `synchronous_commit` on, which is the
 * default, a commit is on the server's disk when it returns.
 * @throws REGISTRY_STORE when the database cannot be reached, or a newer Mayfly wrote it
 */
export async function postgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { url, clock = wallClock, log = () => {} } = options
  const pool = new Pool({ connectionString: url, max: 4 })
  const place = placeOf(url)
  // An idle connection that breaks is replaced by the pool when it is needed.
  pool.on('error', () => {})
  const failing = <T>(work: Promise<T>): Promise<T> =>
    work.catch((cause) => {
      throw storeFailed(place, cause)
    })
  await failing(exclusively(pool, migrate)).catch(async (error) => {
    await pool.end()
    throw error
  })
  return {
    read: () => failing(read(pool)),
    version: () => failing(version(pool)),
    commit: (writes) => failing(exclusively(pool, (client) => commit(client, writes))),
    watch: (changed) => listen({ url, clock, log, place, changed }),
    close: () => pool.end(),
  }
}

/** Without user and password. */
function placeOf(url: string): string {
  const parsed = URL.parse(url)
  return parsed ? `PostgreSQL at ${parsed.host || 'the default address'}${parsed.pathname}` : 'PostgreSQL'
}

/** All of the work or none of it. */
async function exclusively<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    client.release()
    return result
  } catch (error) {
    // A connection on which this fails too is thrown away.
    await client.query('ROLLBACK').then(
      () => client.release(),
      () => client.release(true),
    )
    throw error
  }
}

async function migrate(client: PoolClient): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [migrationLock])
  await client.query('CREATE TABLE IF NOT EXISTS mayfly_migrations (step integer PRIMARY KEY)')
  const { rows } = await client.query('SELECT count(*)::integer AS taken FROM mayfly_migrations')
  const { taken } = rows[0] as { taken: number }
  if (taken > migrations.length)
    throw new Error(`it was written by a newer Mayfly (schema ${taken}, this one knows ${migrations.length})`)
  for (const [i, step] of migrations.entries()) {
    if (i < taken) continue
    await client.query(step)
    await client.query('INSERT INTO mayfly_migrations VALUES ($1)', [i + 1])
  }
}

async function read(pool: Pool): Promise<readonly Entry[]> {
  const { rows } = await pool.query('SELECT key, document, version FROM mayfly_entries ORDER BY key')
  return rows.map(({ key, document, version }) => ({ key, document, version: Number(version) }))
}

async function version(pool: Pool): Promise<number> {
  const { rows } = await pool.query('SELECT version FROM mayfly_state')
  return Number(rows[0].version)
}

async function commit(client: PoolClient, writes: readonly Write[]): Promise<number> {
  // Updating the one row of the state makes writers wait for each other.
  const { rows } = await client.query('UPDATE mayfly_state SET version = version + 1 RETURNING version')
  const version = Number(rows[0].version)
  const there = await versionsOf(client, writes)
  for (const write of writes) checkVersion(write, there.get(write.key))
  for (const { key, document } of writes)
    if (document === undefined) await client.query('DELETE FROM mayfly_entries WHERE key = $1', [key])
    else await client.query(put, [key, JSON.stringify(document), version])
  await client.query('SELECT pg_notify($1, $2)', [channel, String(version)])
  return version
}

const put =
  'INSERT INTO mayfly_entries VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE SET document = $2, version = $3'

async function versionsOf(client: PoolClient, writes: readonly Write[]): Promise<Map<string, number>> {
  const keys = writes.map(({ key }) => key)
  const { rows } = await client.query('SELECT key, version FROM mayfly_entries WHERE key = ANY($1)', [keys])
  return new Map(rows.map(({ key, version }) => [key, Number(version)]))
}

interface Listening extends Required<Pick<PostgresStoreOptions, 'url' | 'clock' | 'log'>> {
  readonly place: string
  readonly changed: () => void
}

/** Hears of commits on a connection of its own; after each time without one, something may have been missed. */
function listen({ url, clock, log, place, changed }: Listening): () => void {
  let ended = false
  let client: Client | undefined
  let cancel = () => {}
  let lost = false
  const again = (why: string) => {
    client?.removeAllListeners().on('error', () => {})
    void client?.end().catch(() => {})
    client = undefined
    if (ended) return
    if (!lost) log(`${place}: changes by other nodes are not heard of (${why}); trying again`)
    lost = true
    cancel = clock.after(reconnectMs, connect)
  }
  const connect = async () => {
    client = new Client({ connectionString: url })
    client.on('error', (error) => again(error.message))
    client.on('end', () => again('the connection ended'))
    client.on('notification', changed)
    try {
      await client.connect()
      await client.query(`LISTEN ${channel}`)
      if (lost) log(`${place}: changes by other nodes are heard of again`)
      lost = false
      changed()
    } catch (error) {
      again((error as Error).message)
    }
  }
  void connect()
  return () => {
    ended = true
    cancel()
    again('')
  }
}
