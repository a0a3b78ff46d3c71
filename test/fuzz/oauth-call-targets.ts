import assert from 'node:assert/strict'
import type { StsResponse } from '../../src/sts/ask.ts'
import { encodeForm } from '../../src/wire/form.ts'
import { signJwt } from '../../src/wire/jws.ts'
import {
  assertionGrant,
  batchAssertion,
  exchangeGrant,
  oauthTrust,
  onprem,
  orders,
  ordersPod,
  stock,
  tokenType,
} from '../oauth-side.ts'
import { cluster, gitlab, mainBranch } from '../trust-side.ts'
import type { Target } from './target.ts'
import { type FuzzedService, inOrder, keysOf, openFuzzed, requestsIn, seconds } from './token-service.ts'

const keys = keysOf(oauthTrust)
const signed = (iss: string, sub: string, claims: Readonly<Record<string, unknown>> = {}) =>
  signJwt({ iss, sub, aud: onprem, iat: seconds(), exp: seconds() + 3600, ...claims }, keys.signing(iss))

/** Words that stand for what differs between runs: the same seed has to give the same inputs. `LAST` is the token last given. */
const standIns = {
  JOB: () => signed(gitlab, mainBranch, { ref: 'main' }),
  NIGHTLY: () => signed(gitlab, mainBranch, { ref: 'nightly' }),
  POD: () => signed(cluster, ordersPod),
  BATCH: () => batchAssertion({ seconds }),
} as const satisfies Readonly<Record<string, () => string>>

const call = (endpoint: string, parameters: Readonly<Record<string, string>>) =>
  [endpoint, ...Object.entries(parameters).map(([name, value]) => `${name}=${value}`)].join('\n')
const proved = (assertion: string) => ({
  client_assertion: assertion,
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
})
const exchanged = (more: Readonly<Record<string, string>> = {}) =>
  call('token', {
    grant_type: exchangeGrant,
    subject_token: 'JOB',
    subject_token_type: tokenType('jwt'),
    ...more,
  })
const own = { subject_token: 'LAST', subject_token_type: tokenType('access_token') }

const corpus = [
  inOrder(
    exchanged({ resource: orders, scope: 'orders.read stock.read' }),
    call('introspect', { token: 'LAST', ...proved('POD') }),
    exchanged({ ...own, ...proved('POD'), audience: stock, scope: 'stock.read' }),
    call('revoke', { token: 'LAST', ...proved('POD') }),
  ),
  inOrder(
    exchanged({
      resource: orders,
      scope: 'orders.read',
      actor_token: 'POD',
      actor_token_type: tokenType('jwt'),
    }),
    call('introspect', { token: 'LAST', token_type_hint: 'access_token', ...proved('POD') }),
  ),
  inOrder(
    call('token', { grant_type: assertionGrant, assertion: 'NIGHTLY', resource: stock, ...proved('BATCH') }),
    call('revoke', { token: 'LAST', ...proved('BATCH') }),
    call('introspect', { token: 'LAST', ...proved('BATCH') }),
  ),
  inOrder(
    exchanged({ client_id: 'cli', requested_token_type: tokenType('jwt') }),
    exchanged({ ...own, client_id: 'cli', scope: 'orders.write' }),
    call('revoke', { token: 'LAST', client_id: 'cli' }),
  ),
]
const words = [
  ...[
    '\n',
    '=',
    ' ',
    '\n~\n',
    '\u0000',
    '"',
    '\\',
    'token\n',
    'introspect\n',
    'revoke\n',
    'LAST',
    ...Object.keys(standIns),
  ],
  ...[
    'resource=',
    'audience=',
    'scope=',
    'actor_token=POD',
    'client_id=',
    'client_secret=',
    'token_type_hint=',
    orders,
  ],
  ...[
    'orders.read',
    'stock.write',
    'urn:ietf:params:oauth:',
    'access_token',
    'id_token',
    'refresh_token',
    'Scope=',
  ],
]

/** What clients that prove who they are ask of an authorization server. */
export const oauthCallTargets: readonly Target[] = [
  {
    name: 'oauth-calls',
    corpus,
    words,
    refusals: [],
    async read(text) {
      const service = await openFuzzed(oauthTrust, keys)
      let last = 'none'
      for (const each of requestsIn(text)) last = (await called(each, last, service)) ?? last
      await service.close()
    },
  },
]

/** The access token that was given, if one was. */
async function called(text: string, last: string, service: FuzzedService): Promise<string | undefined> {
  const [endpoint = '', ...lines] = text.split('\n')
  const form = lines.map((line) => {
    const [name = '', ...value] = line.split('=')
    const text = value.join('=')
    // A token in another parameter is nobody's secret any more.
    return encodeForm({ [name]: /(?:token|assertion)$/.test(name) ? tokenFor(text, last, service) : text })
  })
  const { status, body } = await ask(endpoint, form.join('&'), service)
  if (status !== 200 || endpoint !== 'token') return undefined
  const { access_token: token, scope = '' } = JSON.parse(body)
  await isActive(token, scope, service)
  return token
}

/** A value that is one of the words. */
function tokenFor(value: string, last: string, { secrets }: FuzzedService): string {
  const token =
    value === 'LAST' ? last : Object.hasOwn(standIns, value) && standIns[value as keyof typeof standIns]()
  if (!token || token === 'none') return value
  secrets.push(token)
  return token
}

function ask(endpoint: string, body: string, service: FuzzedService): Promise<StsResponse> {
  const headers = [
    ['Host', 'tokens.acme.example'],
    ['Content-Type', 'application/x-www-form-urlencoded'],
  ] as const
  const path = `/onprem/${endpoint}`
  return service.ask({ method: 'POST', path, query: '', headers, body }, isRefusal)
}

/** RFC 6749 §5.2: of a description, these characters alone. */
function isRefusal({ body, headers }: StsResponse): void {
  if (headers['Content-Type'] === 'text/plain') return
  const { error, error_description } = JSON.parse(body)
  assert.match(error, /^[a-z_]+$/)
  assert.match(error_description, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
}

/** Whoever may ask, of the resources that it is for, learns that it is active and has the scopes that were told. */
async function isActive(token: string, scope: string, service: FuzzedService): Promise<void> {
  const asked = { token, ...proved(standIns.POD()) }
  const { status, body } = await ask('introspect', encodeForm(asked), service)
  assert.equal(status, 200, body)
  const { active, scope: shown = '' } = JSON.parse(body)
  if (active) assert.equal(shown, scope)
}
