import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type ErrorCode, MayflyError } from '../errors.ts'
import { defaultKeyFile } from '../keys/key-file.ts'
import type { AuditRecord } from '../sts/audit.ts'
import { checkBehind } from '../sts/decision-behind.ts'
import { findRecord } from '../sts/find-record.ts'
import { refusalFiles } from '../sts/refusal-file.ts'
import type { Decision } from '../trust/decision.ts'
import { decisionOf, explainText } from '../trust/explain.ts'
import { printable } from '../wire/printable.ts'
import { exitCodes, type Io } from './command.ts'
import { unusable } from './failed.ts'
import { readFlags, usage } from './flags.ts'
import { table } from './output.ts'

/** Explains a request that the token service has decided, from what it kept of it. @returns the exit code */
export function explainRequest(args: readonly string[], io: Io): number {
  const wanted = read(args, io)
  try {
    const record = find(wanted)
    const decision = decisionIn(record)
    io.out(wanted.json ? jsonOf(record, decision) : textOf(record, decision, io))
    return record.decision === 'allow' ? exitCodes.ok : exitCodes.failed
  } catch (error) {
    return unusable(error, io)
  }
}

/** The one that was refused last. */
const last = 'last'

interface Wanted {
  readonly id: string
  readonly files: readonly string[]
  readonly json: boolean
}

function read(args: readonly string[], io: Io): Wanted {
  const { values, positionals } = readFlags('explain', args, {
    request: { type: 'string', default: '' },
    audit: { type: 'string' },
    trust: { type: 'string', default: 'trust.yaml' },
    keys: { type: 'string' },
    json: { type: 'boolean', default: false },
  })
  if (positionals.length > 0)
    throw usage('explain', `mayfly explain --request takes no ${JSON.stringify(positionals[0])}`)
  const { audit, keys, trust, json } = values
  const keyFile = keys === undefined ? defaultKeyFile(resolve(io.cwd, trust)) : resolve(io.cwd, keys)
  const files = audit === undefined ? refusalFiles(keyFile) : [resolve(io.cwd, audit)]
  return { id: idIn(values.request), files, json }
}

function idIn(text: string): string {
  const id = text.trim().toLowerCase()
  if (id === last || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id
  throw usage('explain', `--request ${JSON.stringify(text)} is not the ID of a request`, whereIdsAre)
}

const whereIdsAre =
  'An ID looks like 1b4e28ba-2fa1-41d2-883f-0016d3cca427. An answer of AWS has it as RequestId and in the header x-amzn-requestid, one of Entra as trace_id and in “Trace ID: …”, one of Graph as request-id. Answers of Google have none: the service prints it with every refusal, and `--request last` is the newest.'

/** @throws AUDIT_ABSENT */
function find({ id, files }: Wanted): AuditRecord {
  const there = files.filter((each) => existsSync(each))
  const isWanted = ({ requestId, decision }: AuditRecord) =>
    id === last ? decision === 'deny' : requestId === id
  for (const file of there) {
    const record = recordIn(file, isWanted, id === last ? '' : id)
    if (record) return record
  }
  throw there.length === 0 ? noFile(files[0]!) : noRecord(id, there)
}

function recordIn(file: string, isWanted: (record: AuditRecord) => boolean, words: string) {
  try {
    return findRecord(file, isWanted, words)
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException
    throw new MayflyError('AUDIT_ABSENT', { message: `${file} cannot be read (${code})`, cause })
  }
}

function noFile(file: string): MayflyError {
  return new MayflyError('AUDIT_ABSENT', {
    message: `there is no ${file}`,
    hint: 'A token service keeps its refusals beside its keys: name its trust file with --trust FILE, its keys with --keys FILE, or an audit file with --audit FILE. It makes the file with the first refusal.',
  })
}

function noRecord(id: string, files: readonly string[]): MayflyError {
  return new MayflyError('AUDIT_ABSENT', {
    message: `no request ${id} is in ${files.join(' or ')}`,
    hint: `${whereIdsAre} What was allowed, and what is older than some thousand refusals, is in the file that mayfly sts --audit writes: name it with --audit FILE. What a service of one’s own refused is in no record: mayfly explain --message FILE reads the encoded message of its answer.`,
  })
}

/** The trace that was kept; of a refusal that compared nothing, the one check that it amounts to. */
function decisionIn({ decision, checks, nearMiss, code, reason = '' }: AuditRecord): Decision {
  if (decision === 'allow') return { decision, checks: [] }
  const kept = checks ?? [checkBehind({ code: code as ErrorCode, message: reason, values: {} })]
  const found = decisionOf(kept)
  const miss = nearMiss ?? found.nearMiss
  return { decision, checks: found.checks, ...(miss !== undefined && { nearMiss: miss }) }
}

function jsonOf(record: AuditRecord, { decision, checks, nearMiss: miss }: Decision): string {
  const nearMiss = miss ?? null
  const { time, wire = null, ...request } = record
  const { decision: _, checks: __, nearMiss: ___, target: ____, ...rest } = request
  const told = wire ?? (record.decision === 'allow' ? { status: 200 } : null)
  const all = { decision, checks, nearMiss, wire: told, target: targetOf(record), at: time, request: rest }
  return `${JSON.stringify(all, null, 2)}\n`
}

/** As `mayfly explain` writes what is asked for. */
function targetOf({ frontEnd, target }: AuditRecord): object {
  const [cloud, named] = targets[frontEnd] ?? [frontEnd, 'target']
  const name = named === 'roleArn' && !target?.includes(':role/') ? 'target' : named
  return { cloud, ...(target !== undefined && { [name]: target }) }
}

const targets: Readonly<Record<string, readonly [cloud: string, name: string]>> = {
  'aws-sts': ['aws', 'roleArn'],
  'aws-iam': ['aws', 'target'],
  'google-sts': ['google', 'provider'],
  'google-iam-credentials': ['google', 'serviceAccount'],
  entra: ['entra', 'application'],
  graph: ['entra', 'application'],
}

function textOf(record: AuditRecord, decision: Decision, io: Io): string {
  const { wire, who } = record
  const claimed = who?.verified === false ? '  (so its token claims)' : ''
  const name = who?.arn ?? who?.principal ?? who?.subject
  const rows: [string, string | undefined][] = [
    ['action', record.action],
    ['target', record.target],
    ['by', name && `${name}${claimed}`],
    ['rule', record.rule],
    // The nearest miss has told it, and so has the one check of a refusal that compared nothing.
    ['reason', record.nearMiss === undefined && record.checks ? record.reason : undefined],
    ['code', record.code],
    ['next', record.hint],
    [
      'wire',
      wire && (wire.code === undefined ? `${wire.status}` : `${wire.status} ${wire.code}: ${wire.message}`),
    ],
    ['at', record.time],
    ['request', record.requestId],
  ]
  const known = rows.flatMap(([label, text]) => (text === undefined ? [] : [[label, printable(text)]]))
  return `${explainText(decision, { color: io.fancyOut ?? false })}\n${table(known)}`
}
