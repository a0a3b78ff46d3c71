// One server under test, in a process of its own: the floor, or the token service with its audit on a file.
import { keysFromFile } from '../../src/keys/key-ring.ts'
import { createAudit } from '../../src/sts/audit.ts'
import { auditFile } from '../../src/sts/audit-file.ts'
import { createSts } from '../../src/sts/create.ts'
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

async function serve(setting: ServerSetting): Promise<number> {
  if (setting.serve === 'floor') return serveFloor(setting.floor)
  const document = trustOf(setting.roles, setting.providers)
  const keys = keysFromFile(setting.keyFile, document.issuers)
  const audit = createAudit({ sinks: [auditFile(setting.auditFile).sink], required: true, now: Date.now })
  return (await serveSts({ sts: createSts({ document, keys, audit }) })).port
}

// Asked for anything, it tells the processor time that it has used, in seconds.
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.((user + system) / 1e6)
})
process.on('disconnect', () => process.exit(0))
process.send?.(await serve(JSON.parse(process.argv[2]!)))
