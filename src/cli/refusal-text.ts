import type { AuditRecord } from '../sts/audit.ts'
import { explainText } from '../trust/explain.ts'
import { printable } from '../wire/printable.ts'
import type { Io } from './command.ts'
import { paint, table } from './output.ts'

/** What the operator of a token service may know of a refusal, and its caller may not. */
export function refusalText(io: Pick<Io, 'fancy'>, record: AuditRecord): string {
  const { action = 'a request', target, code = '', reason = '', hint, checks, requestId } = record
  const who = record.who?.arn ?? record.who?.principal ?? record.who?.subject
  const claimed = record.who?.verified === false ? ' (so its token claims)' : ''
  const what = `${action}${target ? ` of ${target}` : ''}${who ? ` by ${who}${claimed}` : ''}`
  const rows = [
    ['why', `${printable(reason)}  (${code})`],
    ...(hint ? [['next', printable(hint)]] : []),
    ['request', requestId],
  ]
  const head = `${paint(io, 'red', 'refused')} ${printable(what)}\n${table(rows, '  ')}`
  if (!checks) return head
  const nearMiss = record.nearMiss === undefined ? {} : { nearMiss: record.nearMiss }
  const explained = explainText({ decision: 'deny', checks, ...nearMiss }, { color: io.fancy })
  return `${head}${explained.replace(/^(?=.)/gm, '  ')}`
}
