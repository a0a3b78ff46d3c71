import { sealAccessToken } from '../src/sts/google/access-token.ts'
import type { GooglePrincipal } from '../src/trust/google-bindings.ts'
import { loader, mainBranch, pool, storyTrustWith, type TrustSide } from './trust-side.ts'

export const cloudPlatform = 'https://www.googleapis.com/auth/cloud-platform'
export const bigquery = 'https://www.googleapis.com/auth/bigquery'
/** Who may have tokens of the loader, by the stories' trust. */
export const trusted: GooglePrincipal = {
  type: 'federated',
  pool,
  subject: mainBranch,
  groups: [],
  attributes: {},
}

export function federatedToken(side: TrustSide, principal = trusted, scopes = [cloudPlatform]): string {
  const issuedAtMs = side.clock.now()
  const record = { principal, scopes, issuedAtMs, expiresAtMs: issuedAtMs + 3_600_000 }
  return sealAccessToken(record, side.sts.keys.sealing)
}

/** An error of Google's APIs, as far as tests look. */
export interface Refusal {
  readonly error: { readonly status: string; readonly message: string }
}

interface Call {
  readonly token?: string | undefined
  readonly account?: string
  readonly body?: unknown
}

/** A call of `iamcredentials.googleapis.com`; by default the trusted principal's, for the loader. */
export function callAccount(side: TrustSide, method: string, given: Call = {}) {
  const { account = loader, body = { scope: [bigquery], lifetime: '3600s' } } = given
  const token = 'token' in given ? given.token : federatedToken(side)
  return side.send({
    method: 'POST',
    path: `/v1/projects/-/serviceAccounts/${account}:${method}`,
    query: '',
    headers: [
      ['Content-Type', 'application/json'],
      ...(token === undefined ? [] : [['Authorization', `Bearer ${token}`] as [string, string]]),
    ],
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

export const relay = 'relay@acme.iam.gserviceaccount.com'
const tokenCreator = 'roles/iam.serviceAccountTokenCreator'
const bound = (email: string, uniqueId: string, role: string, member: string) => ({
  email,
  uniqueId,
  bindings: [{ role, members: [member] }],
})

/** The pipeline has a role on `relay`, and `relay` one on the loader. */
export const delegationTrust = (onRelay = tokenCreator, onLoader = tokenCreator) =>
  storyTrustWith(
    ['google', 0, 'serviceAccounts'],
    [
      bound(
        relay,
        '100000000000000000003',
        onRelay,
        `principal://iam.googleapis.com/${pool}/subject/${mainBranch}`,
      ),
      bound(loader, '100000000000000000001', onLoader, `serviceAccount:${relay}`),
    ],
  )

export const delegates = (...names: readonly string[]) =>
  names.map((each) => `projects/-/serviceAccounts/${each}`)
