// One server under test, in a process of its own: the floor, or the token service with its audit on a file.
import { keysFromFile } from '../../src/keys/key-ring.ts'
import { postgresStore } from '../../src/registry/postgres-store.ts'
import { type Audit, createAudit } from '../../src/sts/audit.ts'
import { auditFile } from '../../src/sts/audit-file.ts'
import { createSts, openSts } from '../../src/sts/create.ts'
import { serveSts } from '../../src/sts/serve.ts'
import { type FloorSetting, serveFloor } from './floor.ts'
import { trustOf } from './trust.ts'

export type ServerSetting =
  | { readonly serve: 'floor'; readonly floor: FloorSetting }
  | {
      readonly serve: 'sts'
      readonly roles: number
      readonly providers: number
      readonly keyFile: string
      readonly auditFile: string
    }
  /** One of several that share what is registered, and the keys. */
  | {
      readonly serve: 'node'
      /** A `postgres://` URL. */
      readonly store: string
      readonly keyFile: string
      readonly auditFile: string
    }

async function serve(setting: ServerSetting): Promise<number> {
  if (setting.serve === 'floor') return serveFloor(setting.floor)
  const audit = createAudit({ sinks: [auditFile(setting.auditFile).sink], required: true, now: Date.now })
  const { keyFile } = setting
  if (setting.serve === 'node')
    return (await serveSts({ sts: await nodeOf(setting.store, keyFile, audit) })).port
  const document = trustOf(setting.roles, setting.providers)
  const keys = keysFromFile(keyFile, document.issuers)
  return (await serveSts({ sts: createSts({ document, keys, audit }) })).port
}

async function nodeOf(url: string, keyFile: string, audit: Audit) {
  const onError = (error: unknown) => {
    throw error
  }
  const store = await postgresStore({ url, log: (line) => process.stderr.write(`${line}\n`) })
  return openSts({ document: { issuers: [], aws: [], google: [] }, store, keyFile, audit, onError })
}

// Asked for anything, it tells the processor time that it has used, in seconds.
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.((user + system) / 1e6)
})
process.on('disconnect', () => process.exit(0))
process.send?.(await serve(JSON.parse(process.argv[2]!)))
