import { generateKeyPairSync, randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { TrustDocument } from '../src/registry/documents.ts'
import { memoryStore } from '../src/registry/memory-store.ts'
import type { Store } from '../src/registry/store.ts'
import { parseTrust } from '../src/registry/trust-file.ts'
import { type AuditRecord, type AuditSetting, createAudit } from '../src/sts/audit.ts'
import { openSts, type StsSetting } from '../src/sts/create.ts'
import { stsApp } from '../src/sts/server.ts'
import type { Sts } from '../src/sts/sts.ts'
import { type SigningKey, signJwt } from '../src/wire/jws.ts'
import { testClock } from './clock.ts'
import { answered, cluster, gitlab, mainBranch } from './trust-side.ts'

export const onprem = 'https://tokens.acme.example/onprem'
/** The same, with access tokens that nobody can read. */
export const opaque = 'https://tokens.acme.example/opaque'
export const orders = 'https://orders.acme.example'
export const stock = 'https://stock.acme.example'
export const ordersPod = 'system:serviceaccount:shop:orders'
export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const assertionGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
export const tokenType = (name: string) => `urn:ietf:params:oauth:token-type:${name}`

const batch = generateKeyPairSync('ec', { namedCurve: 'P-256' })
/** With which the client `batch` signs its assertions. */
export const batchKey: SigningKey = { kid: 'batch-1', key: batch.privateKey, algorithm: 'ES256' }

/** An authorization server of `acme`: CI jobs and pods of the cluster, and two services that call each other. */
export function authorizationServer(issuer: string, format: 'jwt' | 'opaque') {
  return {
    issuer,
    algorithm: 'ES256',
    accessTokens: { format },
    providers: [{ issuer: gitlab }, { issuer: cluster }],
    resources: [
      {
        identifier: orders,
        scopes: ['orders.read', 'orders.write', 'stock.read'],
        introspectionClients: ['orders'],
      },
      { identifier: stock, scopes: ['stock.read', 'stock.write'], introspectionClients: ['stock'] },
      { identifier: issuer },
    ],
    clients: [
      { clientId: 'orders', assertions: [{ issuer: cluster, subject: ordersPod }] },
      {
        clientId: 'stock',
        assertions: [{ issuer: cluster, subject: 'system:serviceaccount:shop:stock' }],
      },
      {
        clientId: 'batch',
        jwks: { keys: [{ ...batch.publicKey.export({ format: 'jwk' }), kid: 'batch-1' }] },
      },
      { clientId: 'cli' },
    ],
    rules: [
      {
        name: 'ci',
        issuer: gitlab,
        condition: 'assertion.ref == "main"',
        resources: [{ identifier: orders, scopes: ['orders.read', 'orders.write', 'stock.read'] }],
      },
      {
        name: 'delegated',
        issuer: gitlab,
        condition: 'assertion.ref == "main"',
        actor: { issuer: cluster, required: true },
        resources: [{ identifier: orders, scopes: ['orders.read'] }],
      },
      {
        name: 'nightly',
        issuer: gitlab,
        condition: 'assertion.ref == "nightly"',
        clients: ['batch'],
        lifetimeSeconds: 300,
        resources: [{ identifier: stock, scopes: ['stock.write'] }],
      },
      {
        name: 'onward',
        issuer,
        condition: `assertion.aud == "${orders}"`,
        clients: ['orders'],
        actor: { issuer: cluster, required: false },
        resources: [{ identifier: stock, scopes: ['stock.read', 'stock.write'] }],
      },
      {
        name: 'narrower',
        issuer,
        resources: [{ identifier: orders, scopes: ['orders.read', 'orders.write'] }],
      },
      {
        name: 'services',
        issuer: cluster,
        clients: ['orders'],
        subjectMapping: '"orders"',
        resources: [{ identifier: issuer, scopes: [] }],
      },
    ],
  }
}

export const oauthTrust: TrustDocument = parseTrust(
  JSON.stringify({
    issuers: [
      { url: gitlab, shape: 'gitlab', algorithm: 'ES256' },
      { url: cluster, shape: 'kubernetes', algorithm: 'ES256' },
    ],
    authorizationServers: [authorizationServer(onprem, 'jwt'), authorizationServer(opaque, 'opaque')],
  }),
  'trust.json',
)

type Fields = Readonly<Record<string, string | readonly string[] | undefined>>
type Claims = Readonly<Record<string, unknown>>

export interface OauthSideSetting {
  readonly store?: Store
  readonly audit?: Partial<AuditSetting>
  readonly document?: TrustDocument
  readonly clock?: ReturnType<typeof testClock>
  readonly keys?: Sts['keys']
  readonly http?: StsSetting['http']
  readonly limits?: StsSetting['limits']
}

/** A token service by `oauthTrust` with a registry and without a socket, under the authorization servers' own name. */
export async function oauthSide(t: TestContext, setting: OauthSideSetting = {}) {
  const {
    store = memoryStore(),
    audit = {},
    document = oauthTrust,
    clock = testClock(),
    keys,
    http,
    limits,
  } = setting
  const { now } = clock
  const records: AuditRecord[] = []
  const sts = await openSts({
    document,
    store,
    now,
    ...(keys && { keys }),
    ...(http && { http }),
    ...(limits && { limits }),
    onError: (error) => t.assert.fail(error as Error),
    audit: createAudit({ sinks: [(record) => records.push(record)], now, ...audit }),
  })
  t.after(() => sts.registry.close())
  const app = stsApp(sts)
  const seconds = () => Math.floor(now() / 1000)
  const signed = (issuer: string, sub: string, aud: string, claims: Claims) => {
    const all = { iss: issuer, sub, aud, iat: seconds(), exp: seconds() + 3600, ...claims }
    return signJwt(
      Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
      sts.keys.signing(issuer),
    )
  }
  const post = async (url: string, fields: Fields, headers: Readonly<Record<string, string>> = {}) => {
    const form = new URLSearchParams()
    for (const [name, value] of Object.entries(fields))
      for (const each of value === undefined ? [] : [value].flat()) form.append(name, each)
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    return answered(
      await app.request(url, { method: 'POST', body: form.toString(), headers: { ...type, ...headers } }),
    )
  }
  /** A job's token for an authorization server. */
  const job = (claims: Claims = {}, server = onprem) =>
    signed(gitlab, mainBranch, server, { ref: 'main', ...claims })
  const pod = (name = 'orders', claims: Claims = {}, server = onprem) =>
    signed(cluster, `system:serviceaccount:shop:${name}`, server, claims)
  return {
    sts,
    clock,
    records,
    app,
    seconds,
    post,
    job,
    pod,
    /** Trades a job's token, or whatever `fields` say. */
    exchange: (fields: Fields = {}, server = onprem, headers = {}) =>
      post(
        `${server}/token`,
        {
          grant_type: exchangeGrant,
          subject_token: fields.subject_token === undefined ? job({}, server) : undefined,
          subject_token_type: tokenType('jwt'),
          ...fields,
        },
        headers,
      ),
    get: async (url: string) => answered(await app.request(url)),
  }
}

export type OauthSide = Awaited<ReturnType<typeof oauthSide>>

/** What makes a client of a token of somebody else, or of itself. */
export function assertionOf(token: string) {
  return {
    client_assertion: token,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  }
}

/** An assertion of `batch`, signed by itself. */
export function batchAssertion({ seconds }: Pick<OauthSide, 'seconds'>, claims: Claims = {}): string {
  const times = { iat: seconds(), exp: seconds() + 60 }
  return signJwt(
    { iss: 'batch', sub: 'batch', aud: onprem, jti: randomUUID(), ...times, ...claims },
    batchKey,
  )
}
