import type { IssuerDocument, PolicyDocument, TrustDocument } from '../registry/documents.ts'

/** The issuer of the cluster whose pods may have a role: of the one that was named, or of the first that there is. */
export function clusterIssuer(trust: TrustDocument, role: string | undefined): IssuerDocument | undefined {
  const found = links(trust).find(({ roleArn }) => role === undefined || roleArn === role)
  if (!found) return undefined
  const known = trust.issuers.find(({ url }) => url === found.issuer)
  return known ?? { url: found.issuer, shape: 'kubernetes', algorithm: 'RS256' }
}

/** Roles that tokens of a cluster may assume, by their ARNs. */
export function clusterRoles(trust: TrustDocument): string[] {
  return links(trust).map(({ roleArn }) => roleArn)
}

// The issuers of a forge are no cluster's, whether or not the trust plays them itself.
const forges = [
  'https://gitlab.com',
  'https://token.actions.githubusercontent.com',
  'https://accounts.google.com',
]

/** Every pair of a role and an OIDC provider in its account that its trust policy names. */
function links({ aws, issuers }: TrustDocument) {
  const others = new Set([
    ...forges,
    ...issuers.filter(({ shape }) => shape !== 'kubernetes').map(({ url }) => url),
  ])
  return aws.flatMap(({ account, oidcProviders, roles }) =>
    roles.flatMap(({ path, name, assumeRolePolicyDocument }) => {
      const named = federatedIn(assumeRolePolicyDocument)
      return oidcProviders
        .filter(({ url }) => !others.has(url) && named.includes(providerArn(account, url)))
        .map(({ url }) => ({ roleArn: `arn:aws:iam::${account}:role${path}${name}`, issuer: url }))
    }),
  )
}

function providerArn(account: string, url: string): string {
  return `arn:aws:iam::${account}:oidc-provider/${url.replace(/^https:\/\//, '')}`
}

function federatedIn(policy: PolicyDocument): string[] {
  const statements = [policy.Statement].flat() as readonly { Principal?: { Federated?: string | string[] } }[]
  return statements.flatMap(({ Principal }) => Principal?.Federated ?? [])
}
