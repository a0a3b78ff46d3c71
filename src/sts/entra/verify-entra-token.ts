import type { Check } from '../../trust/decision.ts'
import { type EntraCredential, type EntraVerdict, evaluateCredentials } from '../../trust/entra.ts'
import { decisionOf } from '../../trust/explain.ts'
import type { Jwt } from '../../wire/jws.ts'
import type { WebIdentity } from '../ask.ts'
import { TrustDenied } from '../trust-denied.ts'
import { checkAlgorithm, checkTimes, requiredClaims, type Verification } from '../web-identity.ts'
import type { FederatedCredential } from './registered.ts'

/** What a clock may differ by: Microsoft's libraries take five minutes. */
const leewaySeconds = 5 * 60

/** Whose client assertion a token is meant to be. */
export interface Asserted {
  readonly name: string
  readonly credentials: () => readonly FederatedCredential[]
}

/**
 * A JWT as Entra verifies it for a client: one of its credentials has to be for this issuer, or nothing is fetched from
 * there.
 * @throws TrustDenied: PROOF_ISSUER
 * @throws PROOF_* for the first check that fails
 */
export async function verifyEntraToken(jwt: Jwt, client: Asserted, by: Verification): Promise<WebIdentity> {
  const { iss: issuer, sub: subject, exp } = requiredClaims(jwt.claims)
  const { claims } = jwt
  const identity: WebIdentity = {
    type: 'web',
    provider: client.name,
    issuer,
    subject,
    audience: audiencesOf(claims).join(' '),
    claims,
    expiresAtMs: exp * 1000,
  }
  const ofIssuer = client.credentials().filter((each) => each.rule.issuer === issuer)
  if (ofIssuer.length === 0) matchCredential(client, identity)
  checkAlgorithm(jwt)
  const reach = ofIssuer.some((each) => each.reach === 'any') ? 'any' : 'public'
  await by.checkSigned(jwt, { issuer, reach })
  checkTimes(claims, exp, by, { late: leewaySeconds, early: leewaySeconds })
  return identity
}

/**
 * The name of the client's credential that is for this token; a `trace` takes what was compared.
 * @throws TrustDenied: PROOF_ISSUER, PROOF_AUDIENCE, TRUST_DENIED
 */
export function matchCredential(
  { credentials }: { credentials: () => readonly EntraCredential[] },
  { issuer, subject, claims }: WebIdentity,
  trace: Check[] = [],
): string {
  const assertion = { issuer, subject, audiences: audiencesOf(claims), claims }
  const own: Check[] = []
  const verdict = evaluateCredentials(credentials(), assertion, own)
  if ('mismatch' in verdict) throw mismatched(verdict, assertion, own)
  trace.push(...own)
  return verdict.matched
}

function audiencesOf({ aud }: WebIdentity['claims']): string[] {
  return [aud].flat().map(String)
}

const codes = {
  issuer: 'PROOF_ISSUER',
  audience: 'PROOF_AUDIENCE',
  subject: 'TRUST_DENIED',
  'subject-case': 'TRUST_DENIED',
} as const

function mismatched(
  { mismatch }: Extract<EntraVerdict, { mismatch: unknown }>,
  { issuer, audiences, subject }: { issuer: string; audiences: readonly string[]; subject: string },
  trace: readonly Check[],
): TrustDenied {
  const presented = { issuer, audience: audiences, subject, 'subject-case': subject }[mismatch]
  const message = `no federated identity credential is for the ${mismatch.split('-')[0]} ${[presented].flat().join(', ')}`
  return new TrustDenied(codes[mismatch], { message, values: { presented, mismatch } }, decisionOf(trace))
}
