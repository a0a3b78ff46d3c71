import { hash } from 'node:crypto'
import { MayflyError } from '../errors.ts'
import type { Check } from '../trust/decision.ts'
import { isoMillisecond } from '../wire/iso-time.ts'
import { readJwt } from '../wire/jws.ts'
import type { Ask, DownscopeAsk, IamAsk, Minted, OauthIdentity, Verified, VerifiedAdmin } from './ask.ts'
import { decisionBehind } from './decision-behind.ts'
import { principalName } from './google/access-token.ts'
import { type Wire, wireAt } from './vendor-words.ts'

/** Who asked: as verified, or only as the proof claims it while `verified` is false. */
export interface AuditedIdentity {
  readonly verified: boolean
  readonly issuer?: string
  readonly subject?: string
  readonly audience?: string | readonly string[]
  /** Of the signer of an AWS request. */
  readonly arn?: string
  /** Of the holder of a Google access token. */
  readonly principal?: string
  /** Who is behind it, as whoever began the session has said. */
  readonly sourceIdentity?: string
  /** Who acts for the subject: `SUBJECT of ISSUER`. */
  readonly actor?: string
  /** The client that proved who it is. */
  readonly client?: string
}

/** One decision. Everything an operator needs, and nothing with which anybody could ask again. */
export interface AuditRecord {
  /** ISO 8601. */
  readonly time: string
  readonly requestId: string
  readonly from: string
  readonly frontEnd: string
  readonly decision: 'allow' | 'deny'
  /** Milliseconds from the arrival of the request to its decision. */
  readonly durationMs: number
  /** Absent when the request could not be read. */
  readonly action?: string
  /** The role, provider, service account or application that was asked for. */
  readonly target?: string
  /** The service accounts of a delegation chain, between who asked and the target. */
  readonly via?: readonly string[]
  readonly who?: AuditedIdentity
  /** SHA-256 of the token, or of the signature of a signed request, in hex. */
  readonly proof?: string
  /** The rule that allowed it. */
  readonly rule?: string
  /** The access key ID that was given out. */
  readonly accessKeyId?: string
  /** ISO 8601: when what was given out ends. */
  readonly expires?: string
  readonly code?: string
  readonly reason?: string
  readonly hint?: string
  readonly nearMiss?: string
  readonly checks?: readonly Check[]
  /** Of a refusal, what the caller was told. */
  readonly wire?: Wire
}

/** Who asked for what. */
export type Asked = Pick<AuditRecord, 'action' | 'target' | 'via' | 'who' | 'proof'>

/** Who asked for what, as far as it is known. */
export function askedOf(ask: Ask | IamAsk, verified: Verified | VerifiedAdmin | undefined): Asked {
  const who = verified ? verifiedIdentity(verified) : claimedIdentity(ask)
  const action = ask.kind === 'IamCall' ? ask.action : ask.kind
  return { action, ...targetOf(ask), ...(who && { who }), proof: hashOfProof(ask) }
}

function targetOf(ask: Ask | IamAsk): Pick<AuditRecord, 'target' | 'via'> {
  switch (ask.kind) {
    case 'IamCall':
      return targetOfCall(ask)
    case 'AssumeRole':
    case 'AssumeRoleWithWebIdentity':
      return { target: ask.roleArn }
    case 'TokenExchange':
      return { target: ask.audience }
    case 'OauthToken':
      return { target: [ask.server, ...ask.targets].join(' ') }
    case 'DownscopeToken':
      return { target: bucketsOf(ask) }
    case 'ClientAssertion':
      return { target: `${ask.tenant}/${ask.clientId}` }
    case 'GenerateAccessToken':
    case 'GenerateIdToken':
    case 'SignBlob':
    case 'SignJwt':
      return { target: ask.serviceAccount, ...(ask.delegates.length > 0 && { via: ask.delegates }) }
    case 'GetAccessKeyInfo':
      return { target: ask.accessKeyId }
    case 'GetWebIdentityToken':
      return { target: ask.audiences.join(' ') }
    case 'GetFederationToken':
      return { target: ask.name }
    case 'DecodeAuthorizationMessage':
    case 'GetCallerIdentity':
    case 'GetSessionToken':
      return {}
  }
}

function bucketsOf({ boundary }: DownscopeAsk): string {
  return [...new Set(boundary.accessBoundaryRules.map((each) => each.availableResource))].join(' ')
}

/** What an admin call names: the first of these that it has. */
const named = ['RoleName', 'OpenIDConnectProviderArn', 'Url', 'PolicyArn', 'PolicyName']

function targetOfCall({ parameters }: IamAsk): { target?: string } {
  const target = named.map((name) => parameters.get(name)).find((value) => value !== undefined)
  return target === undefined ? {} : { target }
}

function verifiedIdentity({ identity: proved }: Verified | VerifiedAdmin): AuditedIdentity {
  const identity = proved.type === 'oauth' ? proved.subject : proved
  if (identity.type === 'google') return { verified: true, principal: principalName(identity) }
  const sourceIdentity = identity.type === 'aws' ? identity.marks?.sourceIdentity : identity.sourceIdentity
  const behind = sourceIdentity === undefined ? {} : { sourceIdentity }
  if (identity.type === 'aws') return { verified: true, arn: identity.arn, ...behind }
  const { issuer, subject, audience } = identity
  const oauth = proved.type === 'oauth' ? { ...actorOf(proved), ...clientOf(proved) } : {}
  return { verified: true, issuer, subject, audience, ...behind, ...oauth }
}

function actorOf({ actor }: OauthIdentity): { actor?: string } {
  return actor ? { actor: `${actor.subject} of ${actor.issuer}` } : {}
}

function clientOf({ client }: OauthIdentity): { client?: string } {
  return client === undefined ? {} : { client }
}

/** What an unverified token says of itself: the one thing that tells an operator whose it was. */
function claimedIdentity(ask: Ask | IamAsk): AuditedIdentity | undefined {
  const token = tokenOf(ask)
  if (token === undefined) return undefined
  try {
    const { iss, sub, aud } = readJwt(token).claims
    return {
      verified: false,
      ...(typeof iss === 'string' && { issuer: iss }),
      ...(typeof sub === 'string' && { subject: sub }),
      ...((typeof aud === 'string' || isTexts(aud)) && { audience: aud }),
    }
  } catch {
    return undefined
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function tokenOf(ask: Ask | IamAsk): string | undefined {
  if (ask.kind === 'AssumeRoleWithWebIdentity') return ask.token.reveal()
  if (ask.kind === 'ClientAssertion') return ask.assertion.reveal()
  if (ask.kind === 'OauthToken') return ask.subject.token.reveal()
  return ask.kind === 'TokenExchange' && ask.subject.type === 'jwt' ? ask.subject.token.reveal() : undefined
}

function hashOfProof(ask: Ask | IamAsk): string {
  if ('bearer' in ask) return hash('sha256', ask.bearer.reveal())
  const signed =
    'signed' in ask ? ask.signed : 'subject' in ask && 'signed' in ask.subject && ask.subject.signed
  if (!signed) return hash('sha256', tokenOf(ask) ?? '')
  const authorization = signed.headers.find(([name]) => name.toLowerCase() === 'authorization')
  return hash('sha256', authorization?.[1] ?? signed.query)
}

/** What was given out, and by which rule. */
export function givenOf({ kind, grant, ...minted }: Minted): Partial<AuditRecord> {
  return {
    ...(grant.rule !== undefined && { rule: grant.rule }),
    ...('accessKeyId' in minted && { accessKeyId: minted.accessKeyId }),
    ...('expiresAtMs' in grant && { expires: isoMillisecond(grant.expiresAtMs) }),
  }
}

/** Why it was refused, as far as the operator may know: all of it. */
export function refusalOf(error: unknown, frontEnd: string): Partial<AuditRecord> {
  const wire = wireAt(frontEnd, error)
  const told = wire && { wire }
  if (!(error instanceof MayflyError)) return { code: 'INTERNAL', reason: reasonOf(error), ...told }
  const { code, message: reason, hint } = error
  const { checks, nearMiss } = decisionBehind(error)
  return {
    code,
    reason,
    hint,
    ...(checks.length > 0 && { checks }),
    ...(nearMiss !== undefined && { nearMiss }),
    ...told,
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
