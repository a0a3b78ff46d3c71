import { MayflyError } from '../errors.ts'
import type { Keys } from '../keys/keys.ts'
import { documentOf, type GivenTrust } from '../registry/given.ts'
import { Secret } from '../secret.ts'
import type { Check, Decision } from '../trust/decision.ts'
import { decisionOf } from '../trust/explain.ts'
import { checkJws, type Jwt, verificationKey } from '../wire/jws.ts'
import type { AwsIdentity, WebIdentity } from './ask.ts'
import { accountOfArn } from './aws/arn.ts'
import { authorizeWebIdentity } from './aws/authorize-web-identity.ts'
import { named } from './compile.ts'
import { checkBehind } from './decision-behind.ts'
import { noApplication } from './entra/authorize-client-assertion.ts'
import { federatedCredential } from './entra/registered.ts'
import { matchCredential, verifyEntraToken } from './entra/verify-entra-token.ts'
import { authorizeExchange } from './google/authorize-exchange.ts'
import { authorizeImpersonation } from './google/authorize-impersonation.ts'
import type { PoolProvider } from './google/registered.ts'
import { noKey, pickKey, type TrustedIssuer } from './jwks.ts'
import { explainOauth, type OauthTarget } from './oauth/explain-oauth.ts'
import { compileSnapshot, type Snapshot } from './snapshot.ts'
import { TrustDenied } from './trust-denied.ts'
import type { Presented } from './unsigned-token.ts'
import { googleApiWire, type Wire, wires } from './vendor-words.ts'
import { checkAccount, noProvider } from './verify.ts'
import { type Verification, verifyAwsToken, verifyGoogleToken } from './web-identity.ts'

/** What is asked for with a token. */
export type Target =
  | { readonly cloud: 'aws'; readonly roleArn: string }
  /** `provider` is the full resource name; with a service account, its access token is asked for too. */
  | { readonly cloud: 'google'; readonly provider: string; readonly serviceAccount?: string }
  | { readonly cloud: 'entra'; readonly application?: string }
  | OauthTarget

export interface OfflineSetting {
  readonly trust: GivenTrust
  readonly presented: Presented
  readonly target: Target
  /** The moment to decide for, in epoch milliseconds. */
  readonly nowMs: number
  /** The public keys of issuers of ours, where they are at hand. */
  readonly jwks?: Keys['jwks']
}

export interface Explanation extends Decision {
  readonly wire: Wire
}

/**
 * What the token service would decide by this trust, and why: its own checks in its own order, traced. Only what needs a
 * service is left open and said to be: a signature without a key at hand, the OIDC providers of an account that no
 * document lists.
 * @throws REGISTRY_DOCUMENT, TRUST_POLICY for trust that does not compile
 */
export async function explainOffline(setting: OfflineSetting): Promise<Explanation> {
  const { presented, target } = setting
  const trace: Check[] = []
  const assumed = assumedProvider(setting)
  const trust = assumed
    ? { ...setting.trust, oidcProviders: [...setting.trust.oidcProviders, assumed] }
    : setting.trust
  const registered = compileSnapshot(documentOf(trust))
  const by = { nowMs: setting.nowMs, trace, checkSigned: signatureCheck(setting, trace) }
  let refusal: Refusal | undefined
  try {
    refusal = await refusalBy(target, { jwt: presented.jwt, registered, by, trust })
  } catch (error) {
    refusal = { error, wire: wires[target.cloud] }
  }
  return explanationOf(assumed ? trace.map(leftOpen) : trace, refusal)
}

interface Refusal {
  readonly error: unknown
  wire(error: unknown): Wire
}

function explanationOf(trace: readonly Check[], refusal: Refusal | undefined): Explanation {
  if (!refusal) return { ...decisionOf(trace), decision: 'allow', wire: { status: 200 } }
  const { error } = refusal
  // What is wrong with the documents is no refusal.
  if (!(error instanceof MayflyError) || error.code === 'REGISTRY_DOCUMENT') throw error
  const found = error instanceof TrustDenied ? error.decision.checks : [checkBehind(error)]
  return { ...decisionOf([...trace, ...found]), decision: 'deny', wire: refusal.wire(error) }
}

interface Scene {
  readonly jwt: Jwt
  readonly registered: Snapshot
  readonly by: Verification & { readonly trace: Check[] }
  readonly trust: GivenTrust
}

/** Verifies and authorizes. Throws what the first step refuses; gives what a second step does. */
async function refusalBy(target: Target, scene: Scene): Promise<Refusal | undefined> {
  if (target.cloud === 'google') return decideGoogle(target, scene)
  if (target.cloud === 'aws') await decideAws(target.roleArn, scene)
  else if (target.cloud === 'oauth') await explainOauth(target, scene)
  else await decideApplication(target, scene)
  return undefined
}

async function decideApplication(
  { application: name }: Target & { cloud: 'entra' },
  { jwt, by, trust }: Scene,
): Promise<void> {
  const { credentials, completeApplications } = trust
  const own = credentials.filter(({ application }) => (application ?? name) === (name ?? application))
  if (own.length === 0 && (name === undefined || !completeApplications.includes(name)))
    throw noApplication(name ?? 'the application')
  const compiled = own.map(({ document }) => named(document.name, () => federatedCredential(document)))
  const client = { name: name ?? 'the application', credentials: () => compiled }
  const identity = await verifyEntraToken(jwt, client, by)
  matchCredential(client, identity, by.trace)
}

/** A session has to have some name; a policy seldom asks for it. */
const sessionName = 'mayfly-explain'

async function decideAws(roleArn: string, { jwt, registered, by }: Scene): Promise<void> {
  const identity = await verifyAwsToken(jwt, roleArn, registered, by)
  const ask = { kind: 'AssumeRoleWithWebIdentity', roleArn, sessionName, token: nothing } as const
  withTrace(by.trace, (trace) => authorizeWebIdentity(ask, identity, registered, by, trace))
}

const nothing = new Secret('')
const scopes = ['https://www.googleapis.com/auth/cloud-platform']

async function decideGoogle(
  { provider: name, serviceAccount }: Target & { cloud: 'google' },
  { jwt, registered, by }: Scene,
): Promise<Refusal | undefined> {
  const provider = registered.providers.get(name)
  if (!provider || provider.disabled || provider.deleted) throw noProvider(name, provider)
  const identity = await googleIdentity(provider, jwt, by)
  const ask = {
    kind: 'TokenExchange',
    audience: name,
    scopes,
    subject: { type: 'jwt', token: nothing },
  } as const
  const { principal, expiresAtMs } = withTrace(by.trace, (trace) =>
    authorizeExchange(ask, identity, registered, by.nowMs, trace),
  )
  if (serviceAccount === undefined) return undefined
  const impersonation = {
    kind: 'GenerateAccessToken',
    serviceAccount,
    scopes,
    lifetimeSeconds: 3600,
    bearer: nothing,
    delegates: [],
  } as const
  const holder = { type: 'google', principal, scopes, expiresAtMs } as const
  try {
    withTrace(by.trace, (trace) => authorizeImpersonation(impersonation, holder, registered, by.nowMs, trace))
    return undefined
  } catch (error) {
    return { error, wire: googleApiWire }
  }
}

/** For an AWS provider the claims are what `aws sts get-caller-identity` answers: nobody has a signed request in a file. */
async function googleIdentity(
  provider: PoolProvider,
  jwt: Jwt,
  by: Scene['by'],
): Promise<WebIdentity | AwsIdentity> {
  const { Arn: arn, Account: account, UserId: userId } = jwt.claims
  if (!provider.aws || typeof arn !== 'string') return verifyGoogleToken(jwt, provider, by)
  by.trace.push({
    check: 'signature',
    outcome: 'not-checked',
    hint: 'This is an answer of AWS, not a signed request',
  })
  const identity = {
    type: 'aws',
    arn,
    account: String(account ?? accountOfArn(arn)),
    userId: String(userId ?? ''),
    credential: 'role-session',
  } as const
  checkAccount(identity, provider)
  by.trace.push({
    check: 'account',
    outcome: 'pass',
    presented: identity.account,
    expected: provider.aws.accountId,
  })
  return identity
}

/** A refusal brings its own trace; that of an allow is added here. */
function withTrace<T>(trace: Check[], decide: (trace: Check[]) => T): T {
  const own: Check[] = []
  const decided = decide(own)
  trace.push(...own)
  return decided
}

// ── what is not at hand ────────────────────────────────────────────────────────────────────────────────

function signatureCheck({ presented, jwks }: OfflineSetting, trace: Check[]) {
  const open = (hint: string) => {
    trace.push({ check: 'signature', outcome: 'not-checked', hint })
  }
  return (jwt: Jwt, trusted: TrustedIssuer) => {
    if (presented.unsigned) return open('These are claims alone, and nobody signed them')
    const keys = trusted.keys ?? jwks?.(trusted.issuer)?.flatMap((jwk) => verificationKey(jwk) ?? [])
    if (!keys) return open(`No key of ${trusted.issuer} is at hand: the real service fetches it`)
    const key = pickKey(keys, jwt.header) ?? noKey(trusted.issuer, jwt.header)
    checkJws(jwt, key)
    trace.push({
      check: 'signature',
      outcome: 'pass',
      ...(key.kid !== undefined && { presented: key.kid, expected: key.kid }),
    })
  }
}

/** For an account whose OIDC providers are not at hand, one that fits the token: the trust policy has to name it still. */
function assumedProvider({
  trust,
  target,
  presented,
}: OfflineSetting): GivenTrust['oidcProviders'][number] | undefined {
  if (target.cloud !== 'aws') return undefined
  const account = accountOfArn(target.roleArn)
  const { iss, aud, azp } = presented.jwt.claims
  if (typeof iss !== 'string' || trust.completeAccounts.includes(account)) return undefined
  const known = trust.oidcProviders.some(
    (each) => each.document.url === iss && (each.account ?? account) === account,
  )
  if (known) return undefined
  const clientIds = [azp, aud].flat().filter((each) => typeof each === 'string')
  const document = { url: iss, clientIds, thumbprints: [], reach: 'public' } as const
  return { account, document, place: { file: '', line: () => 0 } }
}

const openHints: Readonly<Record<string, string>> = {
  issuer: 'The OIDC providers of this account are not at hand: one for this issuer is taken for granted',
  audience: "The provider's client IDs are not known here: this audience is taken for one of them",
}

/** What an assumed provider made pass was not checked. */
function leftOpen(check: Check): Check {
  const hint = openHints[check.check]
  if (hint === undefined || check.outcome !== 'pass') return check
  const { expected: _, source: __, ...rest } = check
  return { ...rest, outcome: 'not-checked', hint }
}
