import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import type { AwsCredentials } from '../src/credential.ts'
import { ephemeralKeys } from '../src/keys/key-ring.ts'
import type { Keys } from '../src/keys/keys.ts'
import type { AwsAccountDocument, RoleDocument, TrustDocument } from '../src/registry/documents.ts'
import { Secret } from '../src/secret.ts'
import { type AuditRecord, type AuditSetting, createAudit } from '../src/sts/audit.ts'
import { createSts, type StsSetting } from '../src/sts/create.ts'
import { stsApp } from '../src/sts/server.ts'
import type { Sts } from '../src/sts/sts.ts'
import { readXmlText } from '../src/wire/aws-query.ts'
import { encodeForm } from '../src/wire/form.ts'
import { type SigningKey, signJwt } from '../src/wire/jws.ts'
import { type SignableRequest, type SigningOptions, signHeaders } from '../src/wire/sigv4.ts'
import { type TestClock, testClock } from './clock.ts'

export const account = '123456789012'
export const otherAccount = '999999999999'
export const gitlab = 'https://gitlab.com'
export const cluster = 'https://kubernetes.example'
export const provider =
  '//iam.googleapis.com/projects/111111111111/locations/global/workloadIdentityPools/bq-pool/providers'
export const pool = 'projects/111111111111/locations/global/workloadIdentityPools/bq-pool'
export const loader = 'loader@acme.iam.gserviceaccount.com'
export const roleArn = (name: string, of = account) => `arn:aws:iam::${of}:role/${name}`
export const mainBranch = 'project_path:acme/shop:ref_type:branch:ref:main'

type Policy = Readonly<Record<string, unknown>>

export function trusts(principal: unknown, action: string, condition?: unknown): Policy {
  const statement = {
    Effect: 'Allow',
    Principal: principal,
    Action: action,
    ...(condition ? { Condition: condition } : {}),
  }
  return { Version: '2012-10-17', Statement: [statement] }
}

export function allows(action: string, resource: string, effect = 'Allow'): Policy {
  return { Version: '2012-10-17', Statement: [{ Effect: effect, Action: action, Resource: resource }] }
}

export function role(
  name: string,
  assumeRolePolicyDocument: Policy,
  more: Partial<RoleDocument> = {},
): RoleDocument {
  return { name, path: '/', maxSessionDuration: 3600, policies: [], assumeRolePolicyDocument, ...more }
}

const federated = (host: string) => ({ Federated: `arn:aws:iam::${account}:oidc-provider/${host}` })

/** The stories' registered trust, with a chain besides. */
export const storyTrust: TrustDocument = {
  issuers: [
    { url: gitlab, shape: 'gitlab', algorithm: 'RS256' },
    { url: cluster, shape: 'kubernetes', algorithm: 'ES256' },
  ],
  aws: [
    {
      account,
      oidcProviders: [
        { url: gitlab, clientIds: ['https://user-audience.test'], thumbprints: [], reach: 'public' },
        { url: cluster, clientIds: ['sts.amazonaws.com'], thumbprints: [], reach: 'public' },
      ],
      roles: [
        role(
          'deploy',
          trusts(federated('gitlab.com'), 'sts:AssumeRoleWithWebIdentity', {
            StringEquals: { 'gitlab.com:aud': 'https://user-audience.test', 'gitlab.com:sub': mainBranch },
          }),
          { maxSessionDuration: 7200, policies: [allows('sts:AssumeRole', roleArn('through-account'))] },
        ),
        role('named', trusts({ AWS: roleArn('deploy') }, 'sts:AssumeRole')),
        role('through-account', trusts({ AWS: account }, 'sts:AssumeRole')),
        role('loader-task', trusts({ Service: 'ecs-tasks.amazonaws.com' }, 'sts:AssumeRole')),
      ],
    },
  ],
  google: [
    {
      projectNumber: '111111111111',
      projectId: 'acme',
      pools: [
        {
          id: 'bq-pool',
          disabled: false,
          providers: [
            {
              id: 'aws-provider',
              disabled: false,
              aws: { accountId: account },
              attributeMapping: {
                'google.subject': 'assertion.arn',
                'attribute.aws_role': "assertion.arn.extract('assumed-role/{role}/')",
              },
            },
            {
              id: 'gitlab',
              disabled: false,
              attributeMapping: { 'google.subject': 'assertion.sub', 'attribute.ref': 'assertion.ref' },
              attributeCondition: 'assertion.namespace_path == "acme"',
              oidc: { issuerUri: gitlab, allowedAudiences: [], reach: 'public' },
            },
            {
              id: 'closed',
              disabled: true,
              attributeMapping: { 'google.subject': 'assertion.sub' },
              oidc: { issuerUri: gitlab, allowedAudiences: [], reach: 'public' },
            },
          ],
        },
      ],
      serviceAccounts: [
        {
          email: loader,
          uniqueId: '100000000000000000001',
          bindings: [
            {
              role: 'roles/iam.workloadIdentityUser',
              members: [
                `principalSet://iam.googleapis.com/${pool}/attribute.aws_role/loader-task`,
                `principal://iam.googleapis.com/${pool}/subject/${mainBranch}`,
              ],
            },
          ],
        },
        { email: 'closed@acme.iam.gserviceaccount.com', uniqueId: '100000000000000000002', bindings: [] },
      ],
    },
  ],
}

/** The stories' trust with another value at one place: `['aws', 0, 'account']`. */
export function storyTrustWith(place: readonly (string | number)[], value: unknown): TrustDocument {
  const document = structuredClone(storyTrust)
  let at = document as unknown as Record<string | number, unknown>
  for (const step of place.slice(0, -1)) at = at[step] as typeof at
  at[place.at(-1)!] = value
  return document
}

/** The stories' trust with another AWS side. */
export function awsTrust(...accounts: readonly AwsAccountDocument[]): TrustDocument {
  return { ...storyTrust, aws: accounts }
}

export type TrustSide = ReturnType<typeof trustSide>

export interface TrustSideSetting extends Partial<Omit<StsSetting, 'audit' | 'now'>> {
  readonly audit?: Partial<AuditSetting>
}

/** A token service without a socket, with its clock in the test's hands. */
export function trustSide({ document = storyTrust, audit = {}, ...setting }: TrustSideSetting = {}) {
  const clock: TestClock = testClock()
  const { now } = clock
  const records: AuditRecord[] = []
  const sts = createSts({
    document,
    now,
    audit: createAudit({ sinks: [(record) => records.push(record)], now, elapsedMs: now, ...audit }),
    ...setting,
  })
  const app = stsApp(sts)
  const send = async (request: SignableRequest): Promise<Answer> => {
    const { method, path, query, headers, body } = request
    const url = `https://sts.amazonaws.com${path}${query ? `?${query}` : ''}`
    const sent = { method, headers: headers.map(([name, value]) => [name, value]) as [string, string][] }
    return answered(await app.request(url, method === 'GET' ? sent : { ...sent, body: body as string }))
  }
  return {
    clock,
    records,
    sts,
    app,
    send,
    seconds: () => Math.floor(now() / 1000),
    /** A form by POST, unsigned. */
    form: (path: string, fields: Fields, headers: Readonly<Record<string, string>> = {}) =>
      send(formRequest(path, fields, Object.entries(headers))),
    /** A call of AWS, signed. */
    signed: (fields: Fields, credentials: AwsCredentials, more: Partial<SigningOptions> = {}) =>
      send(signedForm(fields, credentials, now(), more)),
  }
}

type Fields = Readonly<Record<string, string | number | undefined>>

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** What an element of an answer in XML says. */
  xml(tag: string): string | undefined
  json<T = Record<string, unknown>>(): T
}

export async function answered(response: Response): Promise<Answer> {
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    xml: (tag) => readXmlText(text, tag),
    json: () => JSON.parse(text),
  }
}

export function formRequest(
  path: string,
  fields: Fields,
  headers: readonly (readonly [string, string])[] = [],
): SignableRequest {
  const [pathname = '/', query = ''] = path.split('?')
  const type = ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'] as const
  return { method: 'POST', path: pathname, query, headers: [type, ...headers], body: encodeForm(fields) }
}

export function signedForm(
  fields: Fields,
  credentials: AwsCredentials,
  nowMs: number,
  more: Partial<SigningOptions> = {},
): SignableRequest {
  const request = formRequest('/', { Version: '2011-06-15', ...fields }, [['Host', 'sts.amazonaws.com']])
  const options = { credentials, region: 'us-east-1', service: 'sts', nowMs, ...more }
  return { ...request, headers: [...request.headers, ...signHeaders(request, options)] }
}

/** A token as the platform signs it: `claims` in place of what a good one has, `undefined` leaves one out. */
export function tokenOf(
  { sts, seconds }: Pick<TrustSide, 'seconds'> & { readonly sts: Sts },
  claims: Readonly<Record<string, unknown>> = {},
  {
    key = sts.keys.signing(gitlab),
    header = {},
  }: { key?: SigningKey; header?: Record<string, unknown> } = {},
): string {
  const now = seconds()
  const good = {
    iss: gitlab,
    sub: mainBranch,
    aud: 'https://user-audience.test',
    iat: now,
    nbf: now - 5,
    exp: now + 3600,
    ref: 'main',
    namespace_path: 'acme',
  }
  const entries = Object.entries({ ...good, ...claims }).filter(([, value]) => value !== undefined)
  return signJwt(Object.fromEntries(entries), key, header)
}

/** An RSA key that no issuer publishes, under any name. */
export function strangeKey(kid: string): SigningKey {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    kid,
    key: createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    algorithm: 'RS256',
  }
}

export function webIdentity(token: string, more: Fields = {}): Fields {
  return {
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: roleArn('deploy'),
    RoleSessionName: 'job-7',
    WebIdentityToken: token,
    ...more,
  }
}

/** The credentials in an answer of AWS. */
export function credentialsIn(answer: Answer): AwsCredentials {
  const at = (tag: string) => answer.xml(tag) ?? `no ${tag} in ${answer.text}`
  return {
    accessKeyId: at('AccessKeyId'),
    secretAccessKey: new Secret(at('SecretAccessKey')),
    sessionToken: new Secret(at('SessionToken')),
  }
}

/** A session of `deploy`, as the pipeline of story 3 has it. */
export async function deploySession(side: TrustSide, more: Fields = {}): Promise<AwsCredentials> {
  return credentialsIn(await side.form('/', webIdentity(tokenOf(side), more)))
}

/** Keys of another token service for the same issuers. */
export function strangersKeys(): Keys {
  return ephemeralKeys(storyTrust.issuers)
}
