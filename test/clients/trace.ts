import type { Traced } from '../../src/lab/servers.ts'
import { checkout } from '../fakes/run.ts'
import { notedIn, type Stage } from './stage.ts'

/**
 * What a client puts on the wire, to its deliveries and then to the clouds, in a form that stays the same while the
 * client does: method, place, the names of its headers in their order, and the values of those few that a server
 * decides by. Nothing secret is in it.
 */
export function traceText(stage: Stage, requests: readonly Traced[]): string {
  const all = [...notedIn(stage), ...requests.filter(isClients)]
  const { ahead = [], beside = [] } = Object.groupBy(all, (each) => (isBeside(each) ? 'beside' : 'ahead'))
  return [...ahead, ...beside].map((each) => `${lineOf(each)}${headersOf(each)}`).join('')
}

// Google's library for Python asks for these in a thread of its own: before, after or between the rest. They stand last.
const isBeside = ({ target }: Traced) => target.endsWith('/allowedLocations')

// Mayfly's own are none of the client's, and what a client tells its maker of itself (aws-cdk) it tells when it likes.
const isClients = ({ host, headers }: Traced) =>
  !/\btelemetry\b/.test(host) &&
  !headers.some(([name, value]) => /^user-agent$/i.test(name) && value === 'mayfly')

function lineOf({ method, host, target, status }: Traced): string {
  return `${method} ${host} ${steady(target)} → ${status}\n`
}

/** Headers that a client has from its surroundings, or that say how large something is. */
const passing = /^(host|content-length|x-amzn-trace-id)$/i
const telling = /^(accept|content-type|metadata-flavor|x-amz-content-sha256)$/i

function headersOf({ headers }: Traced): string {
  const shown = headers
    .filter(([name]) => !passing.test(name))
    .map(([name, value]) => (telling.test(name) ? `${name}: ${steady(value)}` : name))
  return shown.map((each) => `    ${each}\n`).join('')
}

/** Without what is another at every run: identifiers, signatures, times, hashes, ports, addresses in memory. */
export function steady(text: string): string {
  return (
    text
      .replaceAll(checkout, '')
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '…')
      .replace(/(?<=[?&](?:X-Amz-[A-Za-z]+|requestId)=)[^&]*/g, '…')
      .replace(/\d{8}T\d{6}Z|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '…')
      .replace(/(?<=127\.0\.0\.1:)\d+/g, 'PORT')
      .replace(/\b0x[0-9a-f]+\b/gi, '0x…')
      .replace(/(?<=mayfly-cell-)\w+/g, '…')
      .replace(/\b[0-9a-f]{32,}\b/gi, '…')
      .replace(/\bbqjob_\w+/g, 'bqjob_…')
      // gsutil has them in any order.
      .replace(/(?<=[?&]fields=)[^&]*/g, (list) => list.split('%2C').sort().join('%2C'))
  )
}

/** For whoever looks into a cell that went wrong: everything that reached the box, and why the token service refused. */
export function logText({ requests, records }: Stage): string {
  const refused = records.filter(({ decision }) => decision === 'deny')
  const reasons = refused.map(({ action, code, reason }) => `refused ${action}: ${reason} (${code})\n`)
  return [...requests.map(lineOf), ...reasons].join('')
}
