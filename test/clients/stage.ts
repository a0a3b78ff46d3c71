import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Lab, openLab } from '../../src/lab/lab.ts'
import type { Traced } from '../../src/lab/servers.ts'
import type { TrustDocument } from '../../src/registry/documents.ts'
import { readTrustFile } from '../../src/registry/trust-file.ts'
import type { AuditRecord } from '../../src/sts/audit.ts'
import type { Environment } from '../../src/world.ts'
import { type LivingClient, startLiving } from '../fakes/living-client.ts'
import { mayfly } from '../fakes/run.ts'
import type { Cell } from './cell.ts'
import { type Clouds, openClouds } from './clouds.ts'
import { type MovedTime, movedTime } from './moved-time.ts'
import { type Workload, workloadOf } from './workloads.ts'

/** A box with one client's workload in it. */
export interface Stage {
  readonly cell: Cell
  readonly workload: Workload
  readonly lab: Lab
  readonly clouds: Clouds
  readonly trust: TrustDocument
  /** Every decision of the token service so far. */
  readonly records: readonly AuditRecord[]
  /** Every request that reached anything of the box so far. */
  readonly requests: readonly Traced[]
  /** The workload's own folder: its HOME, and where Mayfly starts. */
  readonly home: string
  /** Of everything in the box. */
  readonly time: MovedTime
}

/** Opens the clouds and the platform of a cell; this process has to be in a box of its own. */
export async function openStage(cell: Cell) {
  const home = mkdtempSync(join(tmpdir(), 'mayfly-cell-'))
  const records: AuditRecord[] = []
  const requests: Traced[] = []
  const time = movedTime(home)
  const trust = await readTrustFile(fileURLToPath(new URL('./trust.yaml', import.meta.url)))
  const workload = workloadOf(cell.client, cell.platform)
  const lab = await openLab({
    platform: cell.platform,
    region: 'ap-northeast-2',
    trust,
    clock: time.clock,
    ...workload.is,
    onTrace: (traced) => requests.push(traced),
    onRecord: (record) => records.push(record),
  })
  for (const [path, text] of Object.entries(workload.files?.(lab.env, home) ?? {}))
    writeBelow(home, path, text)
  const clouds = await openClouds(lab, time.clock)
  return {
    stage: { cell, workload, lab, clouds, trust, records, requests, home, time } satisfies Stage,
    async close() {
      await Promise.all([clouds.close(), lab.close()])
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** Starts the client as its author would without Mayfly. */
export function startBare(stage: Stage): LivingClient {
  return startLiving(relayed(stage.cell), { env: environment(stage), cwd: stage.home })
}

/** Starts the client under `mayfly run`; what it asks of a delivery is noted where that is wanted. */
export function startUnder(
  stage: Stage,
  { env = {}, noted = false }: { env?: Environment; noted?: boolean } = {},
) {
  const { cell, home, time } = stage
  const set = Object.entries(time.envOf(cell.client)).map(([name, value]) => `--set=${name}=${value}`)
  const flags = [...(noted ? [`--notes=${notes(home)}`] : []), ...set]
  const own = cell.delivery ? ['--deliver', cell.delivery] : []
  const command = [mayfly, 'run', ...own, '--', ...relayed(cell, flags)]
  return startLiving(command, { env: { ...environment(stage), ...env }, cwd: home })
}

/** What a noted client asked of its deliveries. */
export function notedIn({ home }: Stage): readonly Traced[] {
  const file = notes(home)
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

const notes = (home: string) => join(home, 'noted.jsonl')
const relay = fileURLToPath(new URL('./relay.ts', import.meta.url))

function relayed({ client }: Cell, flags: readonly string[] = []): string[] {
  const anew = client.living ? [] : ['--anew']
  return [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    relay,
    ...anew,
    ...flags,
    '--',
    ...client.command,
  ]
}

function environment({ lab, workload, home, time }: Stage): Environment {
  return { PATH: process.env.PATH, HOME: home, ...lab.env, ...time.env, ...workload.env }
}

export function writeBelow(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text, { mode: 0o600 })
}
