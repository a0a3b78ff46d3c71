import { MayflyError } from '../errors.ts'
import type { FederatedCredentialDocument } from '../registry/documents.ts'
import type { Check } from '../trust/decision.ts'
import { compileCredential, type EntraVerdict, evaluateCredentials } from '../trust/entra.ts'
import { decisionOf } from '../trust/explain.ts'
import type { Jwt } from '../wire/jws.ts'
import { named } from './compile.ts'
import { TrustDenied } from './trust-denied.ts'
import { checkAlgorithm, checkTimes, requiredClaims, type Verification } from './web-identity.ts'

/** What a clock may differ by: Microsoft's libraries take five minutes. */
const leewaySeconds = 5 * 60

/**
 * Whether Entra takes a token as a client assertion of an application: a credential for its issuer, its signature, its
 * times, then its audience and its subject.
 * @throws TrustDenied: PROOF_ISSUER, PROOF_AUDIENCE, TRUST_DENIED
 * @throws PROOF_*, and REGISTRY_DOCUMENT for a credential that does not compile
 */
export async function decideEntra(
  jwt: Jwt,
  credentials: readonly FederatedCredentialDocument[],
  by: Verification,
  application = 'the application',
): Promise<void> {
  if (credentials.length === 0) throw noCredentials(application)
  const compiled = credentials.map((each) => named(each.name, () => compileCredential(each)))
  const { iss, sub, exp } = requiredClaims(jwt.claims)
  const audiences = [jwt.claims.aud].flat().map(String)
  const assertion = { issuer: iss, subject: sub, audiences, claims: jwt.claims }
  const trace: Check[] = []
  const verdict = evaluateCredentials(compiled, assertion, trace)
  const refused = 'mismatch' in verdict && mismatched(verdict, assertion, trace)
  if (refused && refused.code === 'PROOF_ISSUER') throw refused
  checkAlgorithm(jwt)
  await by.checkSigned(jwt, { issuer: iss, reach: 'public' })
  checkTimes(jwt.claims, exp, by, { late: leewaySeconds, early: leewaySeconds })
  if (refused) throw refused
  by.trace?.push(...trace)
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

function noCredentials(application: string): MayflyError {
  return new MayflyError('TRUST_PROVIDER', {
    message: `${application} has no federated identity credential`,
    values: { presented: application },
  })
}
