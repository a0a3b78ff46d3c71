import assert from 'node:assert/strict'
import type { StsResponse } from '../../src/sts/ask.ts'
import { answer } from '../../src/sts/server.ts'
import { encodeForm } from '../../src/wire/form.ts'
import { admin, clientCredentials, entraTrust, shopApi, tenantId } from '../entra-side.ts'
import { gitlab, mainBranch } from '../trust-side.ts'
import { requestIn } from './request-text.ts'
import type { Target } from './target.ts'
import {
  arrived,
  type FuzzedService,
  inOrder,
  keysOf,
  openFuzzed,
  requestsIn,
  seconds,
} from './token-service.ts'

const keys = keysOf(entraTrust)
const of = `/v1.0/applications(appId='${shopApi}')/federatedIdentityCredentials`
const call = (line: string, body?: object) => `${line}\n\n${body ? JSON.stringify(body) : ''}`
const main = { name: 'main', issuer: gitlab, subject: mainBranch, audiences: ['api://AzureADTokenExchange'] }
const tags = {
  name: 'tags',
  issuer: gitlab,
  audiences: ['api://AzureADTokenExchange'],
  description: null,
  claimsMatchingExpression: {
    value: "claims['sub'] matches 'project_path:acme/*' and claims['project_id'] eq '20'",
    languageVersion: 1,
  },
}

const corpus = [
  inOrder(
    call(`POST ${of}`, { ...main, description: 'of one branch' }),
    call(`PATCH ${of}/main`, { subject: 'x', audiences: ['y'] }),
    call(`GET ${of}/main`),
    call(`DELETE ${of}/main`),
  ),
  inOrder(
    call(`POST ${of}`, tags),
    call(`POST ${of}`, main),
    call(`PATCH ${of}/tags`, { description: 'z' }),
    call(`GET ${of}`),
  ),
]
const words = [
  ...[
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    ':',
    'null',
    '\\u0000',
    '\\ud800',
    '\\u202e',
    '\n~\n',
    '"id":',
    '"reach":"any"',
  ],
  ...[
    '"@odata.type":',
    '"subject":',
    '"claimsMatchingExpression":',
    ' and ',
    ' eq ',
    ' matches ',
    '*',
    '?',
    '1',
  ],
  ...[
    'PATCH ',
    'DELETE ',
    'GET ',
    'POST ',
    '/beta',
    "(appId='",
    'main',
    'tags',
    '"languageVersion":2',
    gitlab,
  ],
]

/** Calls of Microsoft Graph by an application that may change others. */
export const graphCallTargets: readonly Target[] = [
  {
    name: 'graph-calls',
    corpus,
    words,
    refusals: [],
    async read(text) {
      const service = await openFuzzed(entraTrust, keys)
      const token = await bearer(service)
      service.secrets.push(token)
      for (const each of requestsIn(text)) await called(each, token, service)
      await service.close()
    },
  },
]

let minted: string | undefined

/** Of the administrator: the same for every service with the same keys and clock. */
async function bearer({ sts }: FuzzedService): Promise<string> {
  minted ??= await mint(sts)
  return minted
}

async function mint(sts: FuzzedService['sts']): Promise<string> {
  const scope = 'https://graph.microsoft.com/.default'
  const body = encodeForm({ ...clientCredentials({ sts, seconds }), client_id: admin, scope })
  const headers = [['Host', 'login.microsoftonline.com']] as const
  const path = `/${tenantId}/oauth2/v2.0/token`
  const { body: told } = await answer(arrived({ method: 'POST', path, query: '', headers, body }), sts)
  return JSON.parse(told).access_token
}

type Sent = Pick<ReturnType<typeof requestIn>, 'method' | 'path' | 'query' | 'body'>

async function called(text: string, token: string, service: FuzzedService): Promise<void> {
  const sent = requestIn(text)
  const { status, body } = await ask(sent, token, service)
  if (status === 201) await readBack(sent, JSON.parse(body), token, service)
  if (status === 204 && sent.method === 'PATCH') await readChange(sent, token, service)
}

function ask(
  { method, path, query, body }: Sent,
  token: string,
  service: FuzzedService,
): Promise<StsResponse> {
  const headers = [
    ['Host', 'graph.microsoft.com'],
    ['Authorization', `Bearer ${token}`],
    ['Content-Type', 'application/json'],
  ] as const
  return service.ask({ method, path, query, headers, body }, isRefusal)
}

function isRefusal({ body, headers }: StsResponse): void {
  // A path that is nobody's, and what another cloud has there.
  if (!headers['Content-Type']?.includes('odata')) return
  const { error } = JSON.parse(body)
  assert.match(error.code, /^\w+$/)
  assert.ok(typeof error.message === 'string' && error.message !== '' && error.message !== 'undefined', body)
  assert.equal(error.innerError['request-id'], 'request-1')
}

type Members = Readonly<Record<string, unknown>>

async function look(path: string, token: string, service: FuzzedService): Promise<Members> {
  const { status, body } = await ask({ method: 'GET', path, query: '', body: '' }, token, service)
  assert.equal(status, 200, body)
  const { '@odata.context': _, ...shown } = JSON.parse(body)
  return shown
}

/** What was made is found by its ID, and is what was sent. */
async function readBack(
  { path, body }: Sent,
  made: Members,
  token: string,
  service: FuzzedService,
): Promise<void> {
  const { '@odata.context': _, ...told } = made
  const shown = await look(`${path}/${String(told.id)}`, token, service)
  assert.deepEqual(shown, told)
  isAsSent(shown, JSON.parse(body))
}

async function readChange({ path, body }: Sent, token: string, service: FuzzedService): Promise<void> {
  isAsSent(await look(path, token, service), JSON.parse(body))
}

/** Character for character; `null` is what is not there, or empty. */
function isAsSent(shown: Members, sent: Members): void {
  for (const name of ['name', 'issuer', 'subject', 'audiences', 'description'])
    if (sent[name] !== undefined) assert.deepEqual(shown[name], sent[name] || null, name)
  // Its version is 1 where it is left out.
  if (sent.claimsMatchingExpression)
    assert.deepEqual(shown.claimsMatchingExpression, { languageVersion: 1, ...sent.claimsMatchingExpression })
}
