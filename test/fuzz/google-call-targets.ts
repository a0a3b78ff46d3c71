import assert from 'node:assert/strict'
import { Secret } from '../../src/secret.ts'
import type { StsResponse } from '../../src/sts/ask.ts'
import { sealAccessToken } from '../../src/sts/google/access-token.ts'
import { encodeForm } from '../../src/wire/form.ts'
import { account, cloudPlatform, googleTrust } from '../google-iam-side.ts'
import { loader, pool } from '../trust-side.ts'
import { requestIn } from './request-text.ts'
import type { Target } from './target.ts'
import { type FuzzedService, inOrder, keysOf, openFuzzed, requestsIn, seconds } from './token-service.ts'

const [acme] = googleTrust.google
const document = {
  ...googleTrust,
  google: [
    {
      ...acme!,
      bindings: [
        ...(acme!.bindings ?? []),
        { role: 'roles/iam.serviceAccountTokenCreator', members: [`serviceAccount:${account('admin')}`] },
      ],
    },
  ],
}
const keys = keysOf(document)

function bearer({ nowMs }: FuzzedService): string {
  const times = { issuedAtMs: nowMs(), expiresAtMs: nowMs() + 3_600_000 }
  const principal = { type: 'service-account', email: account('admin') } as const
  return sealAccessToken({ principal, scopes: [cloudPlatform], ...times }, keys.sealing)
}

const pools = '/v1/projects/acme/locations/global/workloadIdentityPools'
const providers = `${pools}/fuzzed/providers`
const accounts = '/v1/projects/acme/serviceAccounts'
const request = (line: string, body?: object) => `${line}\n\n${body ? JSON.stringify(body) : ''}`
const newPool = request(`POST ${pools}?workloadIdentityPoolId=fuzzed`, {
  displayName: 'Fuzzed',
  disabled: false,
})
const provider = {
  attributeMapping: {
    'google.subject': 'assertion.sub',
    'attribute.ref': "assertion.ref.extract('heads/{ref}')",
  },
  attributeCondition: "assertion.namespace_path == 'acme' && 'x' in assertion.groups",
  oidc: { issuerUri: 'https://issuer.example', allowedAudiences: ['x'] },
}
const newProvider = request(`POST ${providers}?workloadIdentityPoolProviderId=gitlab`, provider)
const member = `principalSet://iam.googleapis.com/${pool}/attribute.ref/main`
const credentials = (method: string, body: object) =>
  request(`POST /v1/projects/-/serviceAccounts/${loader}:${method}`, body)

const corpus = [
  inOrder(
    newPool,
    newProvider,
    request(`PATCH ${providers}/gitlab?updateMask=attributeCondition,oidc.allowedAudiences`, {
      attributeCondition: "assertion.ref == 'main'",
      oidc: { allowedAudiences: [] },
    }),
    request(`DELETE ${providers}/gitlab`),
    request(`POST ${providers}/gitlab:undelete`, {}),
  ),
  inOrder(
    newPool,
    request(`POST ${providers}?workloadIdentityPoolProviderId=account`, {
      aws: { accountId: '123456789012' },
    }),
    request(`GET ${providers}?pageSize=1&showDeleted=true`),
    request(`PATCH ${pools}/fuzzed?updateMask=displayName,disabled`, { displayName: '', disabled: true }),
  ),
  inOrder(
    request(`POST ${accounts}`, {
      accountId: 'fuzzed',
      serviceAccount: { displayName: 'F', description: 'x' },
    }),
    request(`POST ${accounts}/${account('fuzzed')}:setIamPolicy`, {
      policy: {
        version: 1,
        etag: 'ACAB',
        bindings: [{ role: 'roles/iam.workloadIdentityUser', members: [member, `serviceAccount:${loader}`] }],
      },
      updateMask: 'bindings',
    }),
    request(`PATCH ${accounts}/${account('fuzzed')}`, {
      serviceAccount: { displayName: 'G' },
      updateMask: 'displayName',
    }),
    request(`DELETE ${accounts}/${account('fuzzed')}`),
  ),
  inOrder(
    request(`POST ${accounts}/${account('nobody')}:testIamPermissions`, {
      permissions: ['iam.serviceAccounts.get', 'iam.serviceAccounts.delete'],
    }),
    request(`GET ${accounts}?pageSize=2`),
    request(`GET ${pools}/bq-pool/providers/gitlab`),
  ),
  inOrder(
    credentials('generateAccessToken', { scope: [cloudPlatform], lifetime: '300.5s', delegates: [] }),
    credentials('generateIdToken', { audience: 'https://x.example', includeEmail: true }),
    credentials('signBlob', { payload: 'aGVsbG8=' }),
    credentials('signJwt', { payload: `{"iss":"x","exp":${seconds() + 3600},"aud":["y"]}` }),
  ),
  request('POST /v1/token', undefined) +
    encodeForm({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token: 'BEARER',
      options: JSON.stringify({
        accessBoundary: {
          accessBoundaryRules: [
            {
              availableResource: '//storage.googleapis.com/projects/_/buckets/pictures',
              availablePermissions: ['inRole:roles/storage.objectViewer'],
              availabilityCondition: {
                expression: "resource.name.startsWith('projects/_/buckets/pictures/objects/a')",
              },
            },
          ],
        },
      }),
    }),
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
    '""',
    '\\u0000',
    '\\ud800',
    '/',
    '?',
    '&',
    '\n~\n',
    '1e3',
    '0.5s',
  ],
  ...[
    '"disabled":',
    '"state":"DELETED"',
    '"name":',
    '"oidc":{',
    '"jwksJson":"{}"',
    '"saml":{}',
    '"condition":{',
  ],
  ...[
    '?updateMask=',
    'oidc.issuerUri',
    'attribute_mapping',
    '"etag":',
    '"members":[',
    'allUsers',
    'deleted:',
  ],
  ...[':getIamPolicy', ':undelete', ':disable', 'pageToken=', 'DELETE ', 'PATCH ', 'GET ', '-', 'BEARER'],
]

/** Calls of Google's IAM and credentials APIs with an access token of an account that may do everything. */
export const googleCallTargets: readonly Target[] = [
  {
    name: 'google-calls',
    corpus,
    words,
    refusals: [],
    async read(text) {
      const service = await openFuzzed(document, keys)
      const token = bearer(service)
      service.secrets.push(token)
      for (const each of requestsIn(text)) await called(each, new Secret(token), service)
      await service.close()
    },
  },
]

async function called(text: string, token: Secret, service: FuzzedService): Promise<void> {
  const { body: given, ...line } = requestIn(text)
  const sent = { ...line, body: given.replaceAll('BEARER', token.reveal()) }
  const { status, body } = await ask(sent, token, service)
  if (status !== 200) return
  const told = JSON.parse(body)
  for (const name of ['access_token', 'accessToken', 'token', 'signedJwt', 'signedBlob'])
    if (typeof told[name] === 'string') service.secrets.push(told[name])
  await readBack(sent, told, token, service)
}

type Sent = Pick<ReturnType<typeof requestIn>, 'method' | 'path' | 'query' | 'body'>

function ask(
  { method, path, query, body }: Sent,
  token: Secret,
  service: FuzzedService,
): Promise<StsResponse> {
  const type = path === '/v1/token' ? 'application/x-www-form-urlencoded' : 'application/json'
  const headers = [
    ['Host', 'iam.googleapis.com'],
    ['Authorization', `Bearer ${token.reveal()}`],
    ['Content-Type', type],
  ] as const
  return service.ask({ method, path, query, headers, body }, path === '/v1/token' ? isOauth : isRefusal)
}

function isRefusal({ status, body, headers }: StsResponse): void {
  if (isElsewhere(headers)) return
  const { error } = JSON.parse(body)
  assert.equal(error.code, status)
  assert.match(error.status, /^[A-Z_]+$/)
  assert.ok(typeof error.message === 'string' && error.message !== '' && error.message !== 'undefined', body)
}

/** Of a path that is nobody's, and of what another cloud has there. */
function isElsewhere(headers: StsResponse['headers']): boolean {
  return headers['Content-Type'] !== 'application/json; charset=UTF-8'
}

function isOauth({ body, headers }: StsResponse): void {
  if (isElsewhere(headers)) return
  const { error, error_description, ...more } = JSON.parse(body)
  assert.match(error, /^[a-z_]+$/)
  assert.ok(typeof error_description === 'string' && error_description !== 'undefined')
  assert.deepEqual(more, {})
}

/** What a call made or changed is what a look finds there. */
async function readBack(
  { method, path, body }: Sent,
  told: Readonly<Record<string, unknown>>,
  token: Secret,
  service: FuzzedService,
): Promise<void> {
  const look = async (line: Pick<Sent, 'method' | 'path'>) => {
    const answer = await ask({ ...line, query: '', body: '' }, token, service)
    assert.equal(answer.status, 200, answer.body)
    return JSON.parse(answer.body)
  }
  if (path.endsWith(':setIamPolicy'))
    assert.deepEqual(await look({ method, path: path.replace(/set(?=IamPolicy$)/, 'get') }), told)
  const { '@type': type, ...resource } = (told.response ?? told) as Readonly<Record<string, unknown>>
  if (method === 'GET' || typeof resource.name !== 'string') return
  assert.deepEqual(await look({ method: 'GET', path: `/v1/${resource.name}` }), resource)
  if (method === 'POST' && type !== undefined && !path.includes(':'))
    isAsSent(JSON.parse(body || '{}'), resource)
}

/** Of a new pool or provider: what was said of it, character for character. */
function isAsSent(sent: Readonly<Record<string, unknown>>, shown: Readonly<Record<string, unknown>>): void {
  for (const name of ['displayName', 'description', 'attributeCondition'])
    assert.equal(shown[name] ?? '', sent[name] ?? '', name)
  if (sent.attributeMapping) assert.deepEqual(shown.attributeMapping, sent.attributeMapping)
}
