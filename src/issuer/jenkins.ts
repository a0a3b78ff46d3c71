import { audienceClaim, type Shape } from './shape.ts'

/**
 * The token of a build by the plugin OpenID Connect Provider, with its default claim templates. It has neither `jti` nor
 * `nbf`, and no `aud` unless the credentials name one.
 * @see https://plugins.jenkins.io/oidc-provider/
 */
export const jenkins = {
  name: 'jenkins',
  inputs: {
    job_name: 'full name of the job, FOLDER/JOB; shop',
    jenkins_url: 'where Jenkins is; the issuer without /oidc and what follows',
  },
  lifetimeSeconds: 3600,
  // The plugin's library writes no `typ`.
  header: { typ: undefined },
  jwksPath: '/jwks',
  claims({ job_name: job = 'shop', jenkins_url: at }, { issuer, audience, issuedAt, lifetimeSeconds }) {
    const root = (at ?? issuer.replace(/\/oidc(\/.*)?$/, '')).replace(/\/$/, '')
    return {
      iss: issuer,
      aud: audienceClaim(audience, undefined),
      exp: issuedAt + lifetimeSeconds,
      iat: issuedAt,
      sub: `${root}/job/${job.split('/').map(encodeURIComponent).join('/job/')}/`,
      build_number: 1,
    }
  },
  discovery: () => ({
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'],
    authorization_endpoint: 'https://unimplemented',
    token_endpoint: 'https://unimplemented',
  }),
} as const satisfies Shape
