// Writes into a store until it is killed, and says each key when it was acknowledged.
import { writeSync } from 'node:fs'
import { postgresStore } from '../src/registry/postgres-store.ts'
import { sqliteStore } from '../src/registry/sqlite-store.ts'

const [place = '', round = ''] = process.argv.slice(2)
const store = place.startsWith('postgres:')
  ? await postgresStore({ url: place })
  : sqliteStore({ path: place })
for (let n = 0; ; n++) {
  const key = `killed/${round}/${n}`
  await store.commit([{ key, document: { n } }])
  writeSync(1, `${key}\n`)
}
