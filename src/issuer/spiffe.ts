import type { Shape } from './shape.ts'

/**
 * A JWT-SVID as SPIRE makes it, published by its OIDC discovery provider. SPIFFE itself asks for `sub`, `aud` and `exp`
 * alone; SPIRE sets `iss` where its `jwt_issuer` is set, as it has to be for a cloud.
 * @see https://github.com/spiffe/spiffe/blob/main/standards/JWT-SVID.md §3
 */
export const spiffe = {
  name: 'spiffe',
  inputs: {
    trust_domain: 'trust domain; acme.example',
    path: 'of the workload in its trust domain; /ns/default/sa/shop',
    spiffe_id: 'spiffe://TRUST-DOMAIN/PATH in place of both',
  },
  // SPIRE's default_jwt_svid_ttl.
  lifetimeSeconds: 300,
  jwksPath: '/keys',
  claims(inputs, { issuer, audience, issuedAt, lifetimeSeconds }) {
    const { trust_domain: domain = 'acme.example', path = '/ns/default/sa/shop' } = inputs
    return {
      aud: audience.length ? audience : [issuer],
      exp: issuedAt + lifetimeSeconds,
      iat: issuedAt,
      iss: issuer,
      sub: inputs.spiffe_id ?? `spiffe://${domain}/${path.replace(/^\//, '')}`,
    }
  },
  discovery: () => ({
    authorization_endpoint: '',
    response_types_supported: ['id_token'],
    subject_types_supported: [],
    id_token_signing_alg_values_supported: ['RS256', 'ES256', 'ES384'],
  }),
} as const satisfies Shape
