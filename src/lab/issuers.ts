import { shapeNamed } from '../issuer/index.ts'
import type { IssuedToken, IssueOptions } from '../issuer/issuer.ts'
import { issueToken } from '../issuer/issuer.ts'
import { statedClaims } from '../issuer/stated-claims.ts'
import type { IssuerDocument, IssuerShape, TrustDocument } from '../registry/documents.ts'
import type { Stage } from './platform.ts'

/** The issuer of a platform's tokens: the platform's own as the trust has it, else another of that shape, else a new one. */
export function issuerOf(shape: IssuerShape, url: string, { issuers }: TrustDocument): IssuerDocument {
  const ofShape = issuers.filter((each) => each.shape === shape)
  return ofShape.find((each) => each.url === url) ?? ofShape[0] ?? { url, shape, algorithm: 'RS256' }
}

/**
 * A token of the platform for its workload as it was described.
 * @throws COMMAND_USAGE for a description that does not fit
 */
export function workloadToken(
  { workload, issuer, sts, clock }: Stage,
  audience: readonly string[],
  more: Pick<IssueOptions, 'lifetimeSeconds'> = {},
): IssuedToken {
  if (!issuer) throw new Error('this platform names no issuer')
  const said = Object.entries(workload.claims).map(([name, value]) => ({ name, value }))
  const bare = { issuer, nowMs: clock.now(), ...more }
  // Whoever plays a platform wants its tokens, and no platform lets a job add to them.
  const described = statedClaims(shapeNamed(issuer.shape), said, bare, { ownClaims: false })
  const wanted = audience.length ? audience : (described.audience ?? [])
  return issueToken({ ...described, audience: wanted, keys: sts.keys })
}
