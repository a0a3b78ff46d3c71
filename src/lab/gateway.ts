import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { StsRequest, StsResponse } from '../sts/ask.ts'
import { graphPath } from '../sts/entra/graph.ts'
import { isGoogleIam } from '../sts/google/iam-route.ts'
import { isPublicKeysPath } from '../sts/google/public-keys.ts'
import { oauthEndpoint } from '../sts/oauth/endpoints.ts'
import { publishedAt } from '../sts/own-issuers.ts'
import { answer, largestBody, requestOf } from '../sts/server.ts'
import type { Sts } from '../sts/sts.ts'
import type { FetchApp } from '../wire/loopback.ts'
import { callerOf } from './caller.ts'
import { handOn } from './hand-on.ts'
import { fits, hostName, isTokenService, vendorOf } from './hosts.ts'
import { notPlayed, refusal } from './vendor-errors.ts'

/** A service that somebody plugged in: the names that lead to it, and where it is. */
export interface Plugged {
  /** `bigquery.googleapis.com`, `*.s3.amazonaws.com` */
  readonly hosts: string
  /** `http://127.0.0.1:PORT`, or with a path that comes before every request's. */
  readonly url: string
}

export interface GatewaySetting {
  readonly sts: Sts
  /** The platform's own, by host name. */
  readonly hosts: Readonly<Record<string, FetchApp>>
  readonly plugged: () => readonly Plugged[]
}

/** What answers at every name of the clouds, told apart by Host. */
export function gateway({ sts, hosts, plugged }: GatewaySetting): RequestListener {
  const own = Object.entries(hosts).map(([host, app]) => [host, getRequestListener(app.fetch)] as const)
  const answered = async (request: IncomingMessage, response: ServerResponse) => {
    const asked = requestOf(request, '')
    const name = hostName(asked.host)
    const platform = own.find(([host]) => fits(host, name))
    if (platform) return platform[1](request, response)
    const services = plugged()
    // Whoever plugs in a name of the token service itself wants another there; a pattern does not say so.
    const named = services.some(({ hosts }) => hosts === name)
    if (!named && atTokenService(name, asked, sts)) return tokenService(request, response, sts)
    return service(request, response, { sts, service: services.find((each) => fits(each.hosts, name)) })
  }
  // A client that goes away in the middle of its body is nobody's failure.
  return (request, response) => void answered(request, response).catch(() => response.destroy())
}

function atTokenService(name: string, asked: StsRequest, sts: Sts): boolean {
  if (isTokenService(name) || publishedAt(asked, sts) || oauthEndpoint(asked, sts.registered())) return true
  if (name === 'graph.microsoft.com') return graphPath.test(asked.path)
  if (name === 'cloudresourcemanager.googleapis.com' && isGoogleIam(asked)) return true
  if (vendorOf(name) !== 'google') return false
  return asked.path.endsWith('/tokeninfo') || isPublicKeysPath(asked.path)
}

async function tokenService(request: IncomingMessage, response: ServerResponse, sts: Sts): Promise<void> {
  const body = await bodyOf(request, largestBody)
  send(response, body ? await answer(requestOf(request, body.toString()), sts) : tooLarge)
}

/** Room for an object of S3 or a job of BigQuery; it is held in memory, since its signature covers it. */
const largestServiceBody = 64 * 1024 * 1024

/** Any other API: whoever asks is known before the request goes on, or is told that nobody plays it. */
async function service(
  request: IncomingMessage,
  response: ServerResponse,
  { sts, service }: { readonly sts: Sts; readonly service: Plugged | undefined },
): Promise<void> {
  const body = await bodyOf(request, largestServiceBody)
  if (!body) return send(response, tooLarge)
  const asked = { ...requestOf(request, ''), body }
  const vendor = vendorOf(hostName(asked.host))
  try {
    const caller = vendor && (await callerOf(vendor, asked, sts))
    if (service) return await handOn(request, body, response, service.url)
    send(response, vendor && caller ? notPlayed(vendor, asked, caller) : misdirected)
  } catch (error) {
    send(response, vendor ? refusal(vendor, asked, error) : misdirected)
  }
}

/** The whole body; undefined when it is larger than that. */
async function bodyOf(request: IncomingMessage, largest: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += (chunk as Buffer).length
    if (length <= largest) chunks.push(chunk as Buffer)
  }
  return length <= largest ? Buffer.concat(chunks) : undefined
}

function send(response: ServerResponse, { status, headers, body }: StsResponse): void {
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body)
}

const plain = { 'Content-Type': 'text/plain' }
const tooLarge: StsResponse = { status: 413, headers: plain, body: 'the body is too large for mayfly lab\n' }
const misdirected: StsResponse = {
  status: 421,
  headers: plain,
  body: 'mayfly lab: nothing plays this name here. Plug a service in with --service HOST=URL\n',
}
