import { hash, randomUUID } from 'node:crypto'
import {
  absent,
  type CredentialCall,
  carryOutCredentialCall,
  type ShownCredential,
} from '../../admin/graph-credentials.ts'
import { MayflyError } from '../../errors.ts'
import type { Registry } from '../../registry/registry.ts'
import { readJsonObject } from '../../wire/json.ts'
import type { StsRequest, StsResponse } from '../ask.ts'
import { retryAfter } from '../operator/rate-exceeded.ts'
import { headerOf } from '../request.ts'
import type { Sts } from '../sts.ts'
import { type EntraHolder, entraHolder, verifyEntraBearer } from './holder.ts'
import { microsoftError } from './microsoft-errors.ts'

/** `/v1.0/applications/OBJECT-ID/federatedIdentityCredentials/ID`, or `/applications(appId='…')/…`; `/beta` too. */
export const graphPath =
  /^\/(v1\.0|beta)\/applications(?:\/([\w-]{1,64})|\(appId='([\w-]{1,64})'\))\/federatedIdentityCredentials(?:\/([\w-]{1,120}))?$/i

/** Microsoft Graph, which takes tokens for itself alone. */
const graphAppId = '00000003-0000-0000-c000-000000000000'
const writers = ['Application.ReadWrite.All']
const readers = [...writers, 'Application.Read.All']

/**
 * Graph's calls for the federated identity credentials of an application, on one screen: verify → authorize → carry out →
 * respond, with the audit around it. It is authorized by what is registered when its turn to change that comes. The record
 * is kept before the change is.
 */
export async function graph(request: StsRequest, sts: Sts, registry: Registry): Promise<StsResponse> {
  const record = sts.audit.open(request, 'graph')
  try {
    sts.limits.arrived(request.from)
    const claims = await verifyEntraBearer(request, sts)
    const holder = entraHolder(claims, sts.registered())
    const action = `${request.method} federatedIdentityCredentials`
    record.noted({ action, target: request.path, ...auditedHolder(holder, request) })
    const { tenant, client } = holder
    sts.limits.verified(() => ({ caller: `${tenant.tenantId}/${client.clientId}` }))
    sts.limits.asked(action)
    const done = await registry.change(
      (draft) => {
        const target = authorizeGraph(request, entraHolder(claims, sts.registered()))
        return { id: target.id, result: carryOutCredentialCall(callOf(request, target), draft) }
      },
      () => record.allowed(),
    )
    return answer(request, done)
  } catch (error) {
    return refusal(await record.refused(error), request, sts.now())
  }
}

function auditedHolder({ client }: EntraHolder, request: StsRequest) {
  return {
    who: { verified: true, principal: `${client.name} (${client.clientId})` },
    proof: hash('sha256', headerOf(request, 'authorization') ?? ''),
  }
}

/** What the holder may change. @throws REQUEST_CREDENTIAL, TRUST_APP_ROLE, REGISTRY_ABSENT */
function authorizeGraph({ method, path }: StsRequest, holder: EntraHolder): Target {
  permit(holder, method)
  return applicationIn(path, holder)
}

/** @throws REQUEST_CREDENTIAL for a token for something else, TRUST_APP_ROLE */
function permit({ client, resource, roles }: EntraHolder, method: string): void {
  if (resource !== graphAppId)
    throw new MayflyError('REQUEST_CREDENTIAL', {
      message: `the access token of ${client.name} is not for Microsoft Graph`,
      values: { text: 'Access token validation failure. Invalid audience.' },
    })
  const expected = method === 'GET' ? readers : writers
  if (roles.some((each) => expected.includes(each))) return
  throw new MayflyError('TRUST_APP_ROLE', {
    message: `${client.name} has no app role at Microsoft Graph that lets it ${method === 'GET' ? 'read' : 'change'} applications`,
    values: { presented: roles, expected },
  })
}

interface Target {
  readonly tenantId: string
  readonly appId: string
  /** The object ID. */
  readonly id: string
  readonly credential?: string
}

/** An application of the caller's own tenant. @throws REGISTRY_ABSENT */
function applicationIn(path: string, { tenant }: EntraHolder): Target {
  const [, , id = '', appId = '', credential] = graphPath.exec(path)!
  const found = [...tenant.clients.values()].find(
    ({ applicationId, clientId }) =>
      applicationId !== undefined && (applicationId === id.toLowerCase() || clientId === appId.toLowerCase()),
  )
  if (found?.applicationId === undefined) throw absent(id || appId)
  const { tenantId, clientId, applicationId } = found
  return { tenantId, appId: clientId, id: applicationId, ...(credential !== undefined && { credential }) }
}

function callOf({ method, body }: StsRequest, { id: _, ...target }: Target): CredentialCall {
  const newId = randomUUID()
  const one = target.credential !== undefined
  if (method === 'GET' || (method === 'DELETE' && one)) return { method, ...target, newId }
  if ((method !== 'POST' || one) && (method !== 'PATCH' || !one))
    throw wrong('Specified HTTP method is not allowed for the request target.')
  const members = readJsonObject(Buffer.from(body))
  if (!members)
    throw wrong(
      'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
    )
  return { method, ...target, body: plain(members), newId }
}

/** Without the annotations that a client may send back as it got them. */
function plain(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !name.includes('@odata.')))
}

function wrong(text: string): MayflyError {
  return new MayflyError('REQUEST_INPUT', { message: text, values: { text } })
}

interface Done {
  /** The object ID of the application. */
  readonly id: string
  readonly result: ReturnType<typeof carryOutCredentialCall>
}

function answer(request: StsRequest, { id, result }: Done): StsResponse {
  if (result === undefined) return { status: 204, headers: { 'request-id': request.id }, body: '' }
  const version = graphPath.exec(request.path)![1]!.toLowerCase()
  const context = `https://graph.microsoft.com/${version}/$metadata#applications('${id}')/federatedIdentityCredentials`
  if (Array.isArray(result)) return json(request, 200, { '@odata.context': context, value: result })
  const entity = { '@odata.context': `${context}/$entity`, ...(result as ShownCredential) }
  return json(request, request.method === 'POST' ? 201 : 200, entity)
}

function refusal(error: unknown, request: StsRequest, nowMs: number): StsResponse {
  const { status, code, message } = microsoftError(error)
  const innerError = {
    date: new Date(nowMs).toISOString().slice(0, 19),
    'request-id': request.id,
    'client-request-id': headerOf(request, 'client-request-id')?.slice(0, 64) ?? request.id,
  }
  const answered = json(request, status, { error: { code, message, innerError } })
  return { ...answered, headers: { ...answered.headers, ...retryAfter(error) } }
}

function json({ id }: StsRequest, status: number, body: unknown): StsResponse {
  const type =
    'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8'
  const headers = { 'Content-Type': type, 'Cache-Control': 'no-cache', 'request-id': id }
  return { status, headers, body: JSON.stringify(body) }
}
