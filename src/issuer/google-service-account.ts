import { madeUpDigits } from './made-up.ts'
import { audienceClaim, type Claims, type Shape } from './shape.ts'

/**
 * The ID token of a service account, by `generateIdToken` or the metadata server. It has neither `jti` nor `nbf`.
 * @see https://cloud.google.com/docs/authentication/token-types#id-contents
 */
export const googleServiceAccount = {
  name: 'google-service-account',
  inputs: {
    email: 'e-mail of the service account; shop@acme.iam.gserviceaccount.com',
    uniqueId: 'its number, which is sub; made up from its e-mail',
    includeEmail: 'false for a token without e-mail, as generateIdToken makes it unless it is asked; true',
  },
  lifetimeSeconds: 3600,
  jwksPath: '/oauth2/v3/certs',
  claims(inputs, { issuer, audience, issuedAt, lifetimeSeconds }) {
    const { email = 'shop@acme.iam.gserviceaccount.com' } = inputs
    return serviceAccountClaims({
      issuer,
      audience: audienceClaim(audience, gcloudAudience),
      uniqueId: inputs.uniqueId ?? madeUpDigits(`service account ${email}`, 21),
      email: inputs.includeEmail === 'false' ? undefined : email,
      issuedAt,
      expiresAt: issuedAt + lifetimeSeconds,
    })
  },
  discovery: (_issuer, algorithm) => ({
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [algorithm],
    claims_supported: ['aud', 'azp', 'email', 'email_verified', 'exp', 'iat', 'iss', 'sub'],
  }),
} as const satisfies Shape

/** What `gcloud auth print-identity-token` puts there unless it is told. Google itself has no default. */
const gcloudAudience = '32555940559.apps.googleusercontent.com'

export interface ServiceAccountToken {
  readonly issuer: string
  readonly audience: string | readonly string[]
  readonly uniqueId: string
  /** Undefined for a token that does not tell it. */
  readonly email: string | undefined
  /** Who presents it. Default: the unique ID. */
  readonly presenter?: string
  /** Epoch seconds. */
  readonly issuedAt: number
  /** Epoch seconds. */
  readonly expiresAt: number
}

/** Every claim, in Google's order. */
export function serviceAccountClaims(token: ServiceAccountToken): Claims {
  const { issuer, audience, uniqueId, email, presenter = uniqueId, issuedAt, expiresAt } = token
  return {
    aud: audience,
    azp: presenter,
    ...(email !== undefined && { email, email_verified: true }),
    exp: expiresAt,
    iat: issuedAt,
    iss: issuer,
    sub: uniqueId,
  }
}
