import type { AuditRecord } from '../src/sts/audit.ts'
import { explainText } from '../src/trust/explain.ts'
import type { Environment } from '../src/world.ts'
import type { Cloud } from '../test/fakes/cloud.ts'
import { mayfly, type Ran, run } from '../test/fakes/run.ts'
import type { Screen } from './screen.ts'

/** One of the four reports, played. */
export interface Story {
  /** A few words, for the table. */
  readonly name: string
  readonly title: string
  play(stage: Stage): Promise<Outcome>
  /** The environment in which `mayfly run` is tried by hand, and what to run there. */
  byHand(cloud: Cloud): Promise<ByHand>
}

export interface Stage {
  readonly cloud: Cloud
  readonly screen: Screen
}

/** A line of the closing table. */
export interface Outcome {
  readonly ran: string
  readonly allowed: string
  readonly refused: string
}

export interface ByHand {
  readonly env: Environment
  readonly program: string
}

/** Ends a story that does not go as it has to. */
export function hold(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what)
}

/** What went through the token service while a program ran. */
export interface Told extends Ran {
  readonly allowed: readonly AuditRecord[]
  readonly refused: readonly AuditRecord[]
}

/** Runs a program as a user would, with the command line shown. */
export async function tell(
  { cloud, screen }: Stage,
  command: readonly string[],
  env: Environment,
): Promise<Told> {
  const shown = command.map((word) => (word === mayfly ? 'bin/mayfly' : quoted(word))).join(' ')
  screen.row('runs', `$ ${shown}`)
  const before = cloud.records.length
  const ran = await screen.working(shown, () => run(command, env))
  const records = cloud.records.slice(before)
  return {
    ...ran,
    allowed: records.filter((each) => each.decision === 'allow'),
    refused: records.filter((each) => each.decision === 'deny'),
  }
}

export const underMayfly = (...command: readonly string[]) => [mayfly, 'run', '--', ...command]
export const workload = (name: string) => `demo/workloads/${name}.mjs`

/** Claims of a token, never the token. */
export function showProof(
  { screen }: Stage,
  claims: Readonly<Record<string, unknown>>,
  names: readonly string[],
): void {
  screen.row('', ...names.map((name) => `${name.padEnd(4)} ${[claims[name]].flat().join(', ')}`))
}

/** Which exchanges were made, and what the last one gave. */
export function showExchanges({ cloud, screen }: Stage, { allowed }: Told): void {
  const steps = new Map(allowed.filter(isExchange).map((each) => [`${each.action} ${each.target}`, each]))
  let before = ''
  for (const [i, step] of [...steps.values()].entries()) {
    const who = short(whoIn(step))
    screen.row(i === 0 ? 'trades' : '', `${i + 1}. ${step.action} at ${endpointOf(step, cloud)}`)
    screen.row('', `   as ${before ? who.replace(before, '(the above)') : who}`)
    before = who
  }
  const last = [...steps.values()].at(-1)
  hold(last?.expires !== undefined, 'nothing was exchanged')
  const minutes = Math.round((Date.parse(last.expires) - Date.now()) / 60_000)
  screen.row('gets', `${last.target} for ${minutes} minutes, renewed ahead of that while the program runs`)
}

// A platform's own issue of the proof is no exchange of ours.
const isExchange = ({ frontEnd, action }: AuditRecord) =>
  frontEnd !== 'service' && action !== 'GetCallerIdentity'

function endpointOf({ action, target }: AuditRecord, cloud: Cloud): string {
  if (action === 'TokenExchange') return 'https://sts.googleapis.com/v1/token'
  if (action === 'GenerateAccessToken') return `https://iamcredentials.googleapis.com/v1/…/${target}`
  return cloud.server.url
}

function whoIn({ who }: AuditRecord): string {
  return who?.arn ?? who?.principal ?? who?.subject ?? 'nobody'
}

/** What the program heard of its refusal, and what the operator of the token service reads of it. */
export function showRefusal({ screen }: Stage, told: Told): AuditRecord {
  const record = told.refused.at(-1)
  hold(told.code !== 0, 'what should have been refused was allowed')
  hold(record !== undefined, `the token service did not refuse anything:\n${told.err}`)
  screen.row('hears', ...lines(told.err))
  // The first line says DENY, which is known by now.
  const [, ...explained] = lines(explainText({ decision: 'deny', checks: record.checks ?? [] }))
  screen.row('because', record.code ?? '', ...explained.filter((line) => line.trim() !== '').map(short))
  return record
}

/** A principal's or provider's name without the middle that all of a pool have in common. */
export function short(text: string): string {
  return text.replaceAll(
    /iam\.googleapis\.com\/projects\/\d+\/locations\/global\/workloadIdentityPools/g,
    '…',
  )
}

export const lines = (text: string): string[] => text.trimEnd().split('\n')

const quoted = (word: string) => (/^[\w./:=@-]+$/.test(word) ? word : `'${word}'`)
