import type { TrustDocument } from '../../src/registry/documents.ts'

export const account = '123456789012'
export const issuerUrl = 'https://gitlab.com'
export const audience = 'https://user-audience.test'

/** A registry of so many roles and providers, each role with a trust policy of its own; the last of each is the one that is used. */
export function trustOf(roles: number, providers: number): TrustDocument {
  const others = Array.from({ length: providers - 1 }, (_, i) => `https://issuer-${i}.example`)
  return {
    issuers: [{ url: issuerUrl, shape: 'gitlab', algorithm: 'RS256' }],
    google: [],
    aws: [
      {
        account,
        oidcProviders: [...others, issuerUrl].map((url) => ({
          url,
          clientIds: [audience],
          thumbprints: [],
          reach: 'public',
        })),
        roles: Array.from({ length: roles }, (_, i) => role(i)),
      },
    ],
  }
}

export const roleArn = (index: number) => `arn:aws:iam::${account}:role/role-${index}`

/** The policy of story 3, for a project of the role's own. */
function role(index: number): TrustDocument['aws'][number]['roles'][number] {
  const statement = {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/gitlab.com` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: {
      StringEquals: { 'gitlab.com:aud': audience },
      StringLike: { 'gitlab.com:sub': `project_path:acme/shop-${index}:ref_type:branch:ref:*` },
    },
  }
  return {
    name: `role-${index}`,
    path: '/',
    maxSessionDuration: 3600,
    assumeRolePolicyDocument: { Version: '2012-10-17', Statement: [statement] },
    policies: [],
  }
}
