import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { noPostgres, type Postgres, startPostgres } from '../../test/fakes/postgres.ts'
import { memoryStore } from './memory-store.ts'
import { postgresStore } from './postgres-store.ts'
import { sqliteStore } from './sqlite-store.ts'
import type { Store } from './store.ts'

// One suite, run against every store that there is.

const folder = mkdtempSync(join(tmpdir(), 'mayfly-store-'))
const path = join(folder, 'registry', 'mayfly.db')
let postgres: Postgres
const skip = noPostgres() ?? false

before(async () => {
  if (!skip) postgres = await startPostgres()
})
after(async () => {
  await postgres?.close()
  rmSync(folder, { recursive: true })
})

const role = { name: 'deploy', policy: { Version: '2012-10-17', text: 'ü " \\ \u2028' } }
const key = 'aws/123456789012/role/deploy'

for (const [name, open, skipped] of [
  ['memory', async () => memoryStore(), false],
  ['SQLite', async () => sqliteStore({ path }), false],
  ['PostgreSQL', () => postgresStore({ url: postgres.url }), skip],
] as const)
  describe(`the store in ${name}`, { skip: skipped }, () => {
    let store: Store

    before(async () => {
      store = await open()
    })
    after(() => store.close())

    it('gives back what was committed, in the order of the keys', async () => {
      const version = await store.commit([
        { key, document: role, replaces: 0 },
        { key: 'aws/123456789012/oidc-provider/gitlab.com', document: { clientIds: [] }, replaces: 0 },
      ])
      assert.deepEqual(await store.read(), [
        { key: 'aws/123456789012/oidc-provider/gitlab.com', document: { clientIds: [] }, version },
        { key, document: role, version },
      ])
    })

    it('replaces and removes, at a version that is the entry’s own', async () => {
      const [, before] = await store.read()
      const changed = await store.commit([{ key, document: { name: 'other' }, replaces: before!.version }])
      assert.ok(changed > before!.version)
      assert.deepEqual((await store.read())[1], { key, document: { name: 'other' }, version: changed })
      await store.commit([{ key, document: undefined, replaces: changed }])
      assert.deepEqual(
        (await store.read()).map((each) => each.key),
        ['aws/123456789012/oidc-provider/gitlab.com'],
      )
    })

    it('counts its commits', async () => {
      const before = await store.version()
      const version = await store.commit([{ key: 'aws/1/role/counted', document: {} }])
      assert.deepEqual([version, await store.version()], [before + 1, before + 1])
      await store.commit([{ key: 'aws/1/role/counted', document: undefined }])
      assert.equal(await store.version(), before + 2)
    })

    it('refuses a change of what was changed meanwhile, and then nothing of the commit is done', async () => {
      const all = await store.read()
      const other = { key: 'aws/1/role/x', document: {}, replaces: 0 }
      for (const [write, found] of [
        [{ key: all[0]!.key, document: {}, replaces: all[0]!.version - 1 }, all[0]!.version],
        [{ key: all[0]!.key, document: {}, replaces: 0 }, all[0]!.version],
        [{ key: 'gone', document: undefined, replaces: 3 }, 0],
      ] as const)
        await assert.rejects(
          store.commit([other, write]),
          (error: { code: string; values: { found: number } }) => {
            assert.equal(error.code, 'REGISTRY_CONFLICT')
            assert.equal(error.values.found, found)
            return true
          },
        )
      assert.deepEqual(await store.read(), all)
    })

    it('lets one of two win that change the same at the same time', async () => {
      const made = await store.commit([{ key: 'race', document: { n: 0 } }])
      const tries = Array.from({ length: 8 }, (_, n) =>
        store.commit([{ key: 'race', document: { n }, replaces: made }]),
      )
      const settled = await Promise.allSettled(tries)
      assert.equal(settled.filter((each) => each.status === 'fulfilled').length, 1)
    })

    it('is not changed by what its caller does to a document afterwards', async () => {
      const document = { list: ['a'] }
      await store.commit([{ key: 'z', document }])
      document.list.push('b')
      assert.deepEqual((await store.read()).at(-1)?.document, { list: ['a'] })
    })
  })

for (const [name, open, skipped] of [
  ['SQLite', async () => sqliteStore({ path }), false],
  ['PostgreSQL', () => postgresStore({ url: postgres.url }), skip],
] as const)
  describe(`two processes on one ${name}`, { skip: skipped }, () => {
    it('hear of each other’s commits', async () => {
      const [one, other] = await Promise.all([open(), open()])
      const heard = Promise.withResolvers<void>()
      const end = other.watch(async () => {
        if ((await other.read()).some((each) => each.key === 'news')) heard.resolve()
      })
      await one.commit([{ key: 'news', document: {} }])
      await heard.promise
      end()
      await Promise.all([one.close(), other.close()])
    })

    it('lose nothing that was acknowledged when one is killed, again and again', async () => {
      const rounds = 5
      const acknowledged = new Set<string>()
      for (let round = 0; round < rounds; round++) {
        const writer = startWriter(name === 'SQLite' ? path : postgres.url, round)
        writer.stdout!.setEncoding('utf8').on('data', (text: string) => {
          for (const each of text.split('\n').slice(0, -1)) acknowledged.add(each)
        })
        // In the midst of a commit, as likely as not.
        await new Promise<void>((resolve) =>
          writer.stdout!.on('data', () => acknowledged.size > 20 * (round + 1) && resolve()),
        )
        writer.kill('SIGKILL')
        await once(writer, 'close')
      }
      const store = await open()
      const kept = new Set((await store.read()).map((each) => each.key))
      await store.close()
      assert.ok(acknowledged.size > 20 * rounds)
      assert.deepEqual(
        [...acknowledged].filter((each) => !kept.has(each)),
        [],
      )
    })
  })

/** Commits one entry after another, and says each key once it is acknowledged. */
function startWriter(place: string, round: number): ChildProcess {
  const program = fileURLToPath(new URL('../../test/store-writer.ts', import.meta.url))
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, place, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

describe('the file of a SQLite store', () => {
  it('is for its user alone, as its log is', () => {
    const store = sqliteStore({ path })
    for (const each of [path, `${path}-wal`, `${path}-shm`])
      assert.equal(statSync(each).mode & 0o777, 0o600, each)
    return store.close()
  })

  it('is refused when a newer Mayfly wrote it', () => {
    const newer = join(folder, 'newer.db')
    const database = new DatabaseSync(newer)
    database.exec('PRAGMA user_version = 99')
    database.close()
    assert.throws(() => sqliteStore({ path: newer }), { code: 'REGISTRY_STORE' })
  })

  it('is refused when it is no database', () => {
    assert.throws(() => sqliteStore({ path: fileURLToPath(import.meta.url) }), { code: 'REGISTRY_STORE' })
  })
})

describe('a PostgreSQL store', { skip }, () => {
  it('migrates once, however many nodes start together', async () => {
    const stores = await Promise.all(Array.from({ length: 4 }, () => postgresStore({ url: postgres.url })))
    await Promise.all(stores.map((each) => each.close()))
  })

  it('fails and comes back with its server, loses nothing, and hears of changes again', async () => {
    const lines: string[] = []
    const store = await postgresStore({ url: postgres.url, log: (line) => lines.push(line) })
    const other = await postgresStore({ url: postgres.url })
    const again = Promise.withResolvers<void>()
    const end = store.watch(async () => {
      const entries = await store.read().catch(() => [])
      if (entries.some((each) => each.key === 'after the outage')) again.resolve()
    })
    await other.commit([{ key: 'before the outage', document: {} }])
    await postgres.kill()
    await assert.rejects(store.commit([{ key: 'lost', document: {} }]), { code: 'REGISTRY_STORE' })
    await postgres.start()
    await other.commit([{ key: 'after the outage', document: {} }])
    await again.promise
    const keys = (await store.read()).map((each) => each.key)
    assert.ok(keys.includes('before the outage') && !keys.includes('lost'))
    assert.match(lines.join('\n'), /not heard of[\s\S]*heard of again/)
    for (const line of lines) assert.doesNotMatch(line, /mayfly@/)
    end()
    await Promise.all([store.close(), other.close()])
  })

  it('is refused without a server, and no password is told', async () => {
    const url = 'postgres://me:secret@127.0.0.1:1/none'
    await assert.rejects(postgresStore({ url }), (error: Error & { code: string }) => {
      assert.equal(error.code, 'REGISTRY_STORE')
      assert.doesNotMatch(error.message, /secret|me@/)
      return true
    })
  })
})
