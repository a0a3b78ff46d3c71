import { audienceClaim, type Claims, type Shape } from './shape.ts'

/** The one claim that holds everything of AWS's own. */
const awsClaims = 'https://sts.amazonaws.com/'

/**
 * A role's or user's token for others, by `GetWebIdentityToken`. An account has its own issuer,
 * `https://UUID.tokens.sts.global.api.aws`.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html
 */
export const awsOutbound = {
  name: 'aws-outbound',
  inputs: {
    principal: 'ARN of the role or user; arn:aws:iam::123456789012:role/shop',
    source_region: 'region whose endpoint was asked; us-east-1',
    principal_tags: 'KEY=VALUE, with commas: tags of the principal and its session; none',
    request_tags: 'KEY=VALUE, with commas: tags that were asked for; none',
  },
  lifetimeSeconds: 300,
  jwksPath: '/.well-known/jwks.json',
  claims(inputs, { issuer, audience, issuedAt, lifetimeSeconds, id }) {
    const { principal = 'arn:aws:iam::123456789012:role/shop', source_region: region = 'us-east-1' } = inputs
    return {
      ...outboundClaims({
        issuer,
        audience: audienceClaim(audience, issuer),
        principal,
        account: principal.split(':')[4] ?? '',
        region,
        principalTags: tagsOf(inputs.principal_tags),
        requestTags: tagsOf(inputs.request_tags),
      }),
      iat: issuedAt,
      exp: issuedAt + lifetimeSeconds,
      jti: id,
    }
  },
  // As recorded from an account, claims_supported and all.
  discovery: (_issuer, algorithm) => ({
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'jti', awsClaims],
    id_token_signing_alg_values_supported: [algorithm, 'ES384'],
    subject_types_supported: ['public'],
  }),
} as const satisfies Shape

type Tags = Readonly<Record<string, string>>

export interface OutboundToken {
  readonly issuer: string
  readonly audience: string | readonly string[]
  /** ARN of the role or user. */
  readonly principal: string
  readonly account: string
  readonly region?: string | undefined
  readonly principalTags?: Tags | undefined
  /** When the session ends that asked, epoch milliseconds. */
  readonly sessionExpiresAtMs?: number | undefined
  readonly federatedProvider?: string | undefined
  readonly sourceIdentity?: string | undefined
  readonly requestTags?: Tags | undefined
}

/** All but the times and the token's own ID. */
export function outboundClaims(token: OutboundToken): Claims {
  const { issuer, audience, principal, sessionExpiresAtMs } = token
  const own = {
    aws_account: token.account,
    source_region: token.region,
    principal_id: principal,
    principal_tags: token.principalTags,
    original_session_exp:
      sessionExpiresAtMs === undefined
        ? undefined
        : new Date(sessionExpiresAtMs).toISOString().replace('.000', ''),
    federated_provider: token.federatedProvider,
    source_identity: token.sourceIdentity,
    request_tags: token.requestTags,
  }
  const known = Object.entries(own).filter(([, value]) => value !== undefined)
  return { iss: issuer, aud: audience, sub: principal, [awsClaims]: Object.fromEntries(known) }
}

function tagsOf(text: string | undefined): Tags | undefined {
  if (text === undefined) return undefined
  return Object.fromEntries(text.split(',').map((each) => each.split(/=(.*)/s, 2)))
}
