import type { TrustDocument } from '../src/registry/documents.ts'
import { parseTrust } from '../src/registry/trust-file.ts'
import { answered, gitlab, mainBranch, tokenOf, trustSide } from './trust-side.ts'

export const tenantId = '11111111-1111-4111-8111-111111111111'
/** An application with credentials, one that another asks for, one that administers, and a managed identity. */
export const deploy = '22222222-2222-4222-8222-222222222222'
export const shopApi = '33333333-3333-4333-8333-333333333333'
export const admin = '44444444-4444-4444-8444-444444444444'
export const loaderIdentity = '55555555-5555-4555-8555-555555555555'
export const exchange = 'api://AzureADTokenExchange'

const main = { name: 'main', issuer: gitlab, subject: mainBranch, audiences: [exchange] }
const tags = {
  name: 'tags',
  issuer: gitlab,
  audiences: [exchange],
  claimsMatchingExpression: {
    value: "claims['sub'] matches 'project_path:acme/shop:ref_type:tag:ref:v*'",
    languageVersion: 1,
  },
}

/** Who is trusted at Entra, with issuers of ours that sign what is presented. */
export const entraTrust: TrustDocument = parseTrust(
  JSON.stringify({
    issuers: [{ url: gitlab, shape: 'gitlab' }],
    entra: [
      {
        tenantId,
        applications: [
          {
            appId: deploy,
            displayName: 'deploy',
            appRoleAssignments: [{ resource: 'api://shop', appRole: 'Orders.Write' }],
            federatedIdentityCredentials: [main, tags],
          },
          {
            appId: shopApi,
            displayName: 'shop',
            identifierUris: ['api://shop'],
            api: { requestedAccessTokenVersion: 2 },
          },
          {
            appId: admin,
            displayName: 'admin',
            appRoleAssignments: [
              { resource: 'https://graph.microsoft.com', appRole: 'Application.ReadWrite.All' },
            ],
            federatedIdentityCredentials: [main],
          },
        ],
        userAssignedIdentities: [
          {
            id: '/subscriptions/66666666-6666-4666-8666-666666666666/resourcegroups/shop/providers/Microsoft.ManagedIdentity/userAssignedIdentities/loader',
            clientId: loaderIdentity,
            federatedIdentityCredentials: [main],
          },
        ],
      },
    ],
  }),
  'trust.json',
)

type Claims = Readonly<Record<string, unknown>>

/** A job's token, as the credentials of `entraTrust` want it. */
export function assertion(
  side: Parameters<typeof tokenOf>[0],
  claims: Claims = {},
  by: Parameters<typeof tokenOf>[2] = {},
): string {
  return tokenOf(side, { aud: exchange, ...claims }, by)
}

interface Sending {
  readonly tenant?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What `deploy` asks with for a token for Azure Resource Manager. */
export function clientCredentials(side: Parameters<typeof tokenOf>[0]) {
  return {
    grant_type: 'client_credentials',
    client_id: deploy,
    scope: 'https://management.azure.com/.default',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion(side),
  }
}

/** A token service by `entraTrust` without a socket, as Entra's own host name. */
export function entraSide(document = entraTrust) {
  const side = trustSide({ document })
  const host = 'https://login.microsoftonline.com'
  return {
    ...side,
    token: (fields: Readonly<Record<string, string | undefined>> = {}, sending: Sending = {}) => {
      const { tenant = tenantId, headers = {} } = sending
      return side.form(`/${tenant}/oauth2/v2.0/token`, { ...clientCredentials(side), ...fields }, headers)
    },
    get: async (path: string) => answered(await side.app.request(`${host}${path}`)),
  }
}
