import { MayflyError } from '../../errors.ts'
import type { Jwt } from '../../wire/jws.ts'
import type { WebIdentity } from '../ask.ts'
import {
  assertedClaims,
  audienceCheck,
  checkAlgorithm,
  checkTimes,
  issuerCheck,
  otherAudience,
  type Verification,
} from '../web-identity.ts'
import { audiencesIn } from './access-token.ts'
import type { AuthorizationServer } from './registered.ts'

/** What clocks may differ by: RFC 7523 §3 says a few minutes at most. */
export const leewaySeconds = 60

/**
 * A JWT of somebody else, against the provider of its issuer (RFC 7523 §3, RFC 8725). Nothing is fetched for an issuer that
 * nobody registered.
 * @throws PROOF_* for the first check that fails
 */
export async function verifyProviderToken(
  jwt: Jwt,
  server: AuthorizationServer,
  by: Verification,
): Promise<WebIdentity> {
  const { claims } = jwt
  const { iss: issuer, sub: subject, exp } = assertedClaims(claims)
  const provider = server.providers.get(issuer)
  if (!provider) throw unknownIssuer(issuer, server)
  by.trace?.push(issuerCheck(issuer, server.issuer))
  checkAlgorithm(jwt)
  await by.checkSigned(jwt, provider.trusted)
  checkTimes(claims, exp, by, { late: leewaySeconds, early: leewaySeconds })
  const audience = audienceOf(audiencesIn(claims), provider.audiences, issuer)
  by.trace?.push(audienceCheck(audiencesIn(claims), provider.audiences))
  checkUnbound(claims)
  return { type: 'web', provider: issuer, issuer, subject, audience, claims, expiresAtMs: exp * 1000 }
}

/** The audience by which a token is accepted. @throws PROOF_AUDIENCE */
export function audienceOf(
  presented: readonly string[],
  expected: readonly string[],
  issuer: string,
): string {
  const audience = presented.find((each) => expected.includes(each))
  if (audience === undefined) throw otherAudience(presented, expected, issuer)
  return audience
}

/** A token that is bound to a key is worth nothing without a proof of that key (RFC 7800 §3), and none is checked here. */
function checkUnbound({ cnf }: WebIdentity['claims']): void {
  if (cnf !== undefined)
    throw new MayflyError('PROOF_BOUND', { message: 'the token is bound to a key of its holder (cnf)' })
}

function unknownIssuer(presented: string, { issuer }: AuthorizationServer): MayflyError {
  return new MayflyError('PROOF_ISSUER', {
    message: `${issuer} has no provider for the issuer ${JSON.stringify(presented)}`,
    values: { presented },
  })
}
