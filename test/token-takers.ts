import type { TrustDocument } from '../src/registry/documents.ts'
import { parseTrust } from '../src/registry/trust-file.ts'
import { encodeForm } from '../src/wire/form.ts'
import { deploy as clientId, tenantId } from './entra-side.ts'
import { account, roleArn, trusts } from './trust-side.ts'

const kinds = ['forged', 'key', 'expired', 'audience', 'issuer', 'malformed', 'large', 'away'] as const
/** What a token can be refused for, as far as front ends tell it apart. */
export type Refused = (typeof kinds)[number]

/** A front end that takes a token of somebody else: `200`, or its status and the vendor's own code for what is wrong. */
export interface TokenTaker {
  readonly name: string
  /** Of the token. */
  readonly audience: string
  /** To the token service at that address. */
  present(token: string, url: string): Promise<string>
  readonly refusals: Readonly<Record<Refused, string>>
}

const provider =
  '//iam.googleapis.com/projects/111111111111/locations/global/workloadIdentityPools/bq-pool/providers/gitlab'
const orders = 'https://orders.acme.example'
const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const jwt = 'urn:ietf:params:oauth:token-type:jwt'

/**
 * One of each protocol, for a trust that has the role `deploy`, the provider `gitlab`, the application `deploy` and one
 * authorization server, `https://tokens.acme.example`: that of the examples has.
 */
export const tokenTakers: readonly TokenTaker[] = [
  {
    name: 'AssumeRoleWithWebIdentity',
    audience: 'https://user-audience.test',
    async present(WebIdentityToken, url) {
      const asked = { RoleArn: roleArn('deploy'), RoleSessionName: 'job-7', WebIdentityToken }
      const answer = await posted(url, {
        Action: 'AssumeRoleWithWebIdentity',
        Version: '2011-06-15',
        ...asked,
      })
      return told(answer.status, /<Code>(\w+)<\/Code>/.exec(await answer.text())?.[1])
    },
    refusals: {
      ...always('400 InvalidIdentityToken'),
      expired: '400 ExpiredTokenException',
      large: '400 ValidationError',
    },
  },
  {
    name: 'the Google token exchange',
    audience: `https:${provider}`,
    async present(subject_token, url) {
      const answer = await posted(`${url}/v1/token`, {
        grant_type: tokenExchange,
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        scope: 'https://www.googleapis.com/auth/cloud-platform',
        audience: provider,
        subject_token_type: jwt,
        subject_token,
      })
      return told(answer.status, ((await answer.json()) as { error?: string }).error)
    },
    refusals: { ...always('400 invalid_grant'), large: '400 invalid_request' },
  },
  {
    name: "Entra's token endpoint",
    audience: 'api://AzureADTokenExchange',
    async present(client_assertion, url) {
      const answer = await posted(`${url}/${tenantId}/oauth2/v2.0/token`, {
        grant_type: 'client_credentials',
        client_id: clientId,
        scope: 'https://management.azure.com/.default',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion,
      })
      const { error_codes = [] } = (await answer.json()) as { error_codes?: readonly number[] }
      return told(answer.status, error_codes[0])
    },
    refusals: {
      forged: '401 700027',
      key: '401 7000272',
      expired: '401 700024',
      audience: '401 700212',
      issuer: '401 700211',
      malformed: '401 50027',
      large: '401 50027',
      away: '401 50166',
    },
  },
  {
    name: 'an authorization server',
    audience: 'https://tokens.acme.example',
    async present(subject_token, url) {
      const asked = { grant_type: tokenExchange, subject_token_type: jwt, subject_token }
      const answer = await posted(`${url}/token`, { ...asked, resource: orders })
      return told(answer.status, ((await answer.json()) as { error?: string }).error)
    },
    refusals: { ...always('400 invalid_request'), away: '503 temporarily_unavailable' },
  },
]

function always(refusal: string): TokenTaker['refusals'] {
  return Object.fromEntries(kinds.map((each) => [each, refusal])) as TokenTaker['refusals']
}

function posted(url: string, fields: Parameters<typeof encodeForm>[0]): Promise<Response> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return fetch(url, { method: 'POST', headers, body: encodeForm(fields) })
}

function told(status: number, code: string | number | undefined): string {
  return status === 200 ? '200' : `${status} ${code}`
}

/** The subject that `trustInJob` lets in everywhere. */
export const job = 'job'

/** What the rules of each cloud ask of a token besides its issuer. */
export interface JobRules {
  /** Conditions of the role's trust policy. */
  readonly aws: (host: string) => object
  readonly google?: string
  /** Of a federated identity credential. */
  readonly entra: object
  readonly oauth?: string
}

const bySubject: JobRules = {
  aws: (host) => ({ StringEquals: { [`${host}:sub`]: job } }),
  entra: { subject: job },
}

/** A trust that all of `tokenTakers` can be asked by, in an issuer of somebody else. */
export function trustInJob(issuer: string, rules: JobRules = bySubject): TrustDocument {
  const document = {
    aws: [awsAccount(issuer, rules)],
    google: [googleProject(issuer, rules)],
    entra: [entraTenant(issuer, rules)],
    authorizationServers: [authorizationServer(issuer, rules)],
  }
  return parseTrust(JSON.stringify(document), 'trust.json')
}

function awsAccount(issuer: string, { aws }: JobRules) {
  const host = issuer.slice('https://'.length)
  const principal = { Federated: `arn:aws:iam::${account}:oidc-provider/${host}` }
  const assumeRolePolicyDocument = trusts(principal, 'sts:AssumeRoleWithWebIdentity', aws(host))
  return {
    account,
    oidcProviders: [{ url: issuer, clientIds: ['https://user-audience.test'] }],
    roles: [{ name: 'deploy', assumeRolePolicyDocument }],
  }
}

function googleProject(issuer: string, { google }: JobRules) {
  const gitlab = {
    id: 'gitlab',
    attributeMapping: { 'google.subject': 'assertion.sub' },
    ...(google !== undefined && { attributeCondition: google }),
    oidc: { issuerUri: issuer },
  }
  const pools = [{ id: 'bq-pool', providers: [gitlab] }]
  return { projectNumber: '111111111111', projectId: 'acme', pools }
}

function entraTenant(issuer: string, { entra }: JobRules) {
  const main = { name: 'main', issuer, audiences: ['api://AzureADTokenExchange'], ...entra }
  const deploy = { appId: clientId, displayName: 'deploy', federatedIdentityCredentials: [main] }
  return { tenantId, applications: [deploy] }
}

function authorizationServer(issuer: string, { oauth }: JobRules) {
  const resources = [{ identifier: orders, scopes: [] }]
  const rule = { name: 'job', issuer, resources, ...(oauth !== undefined && { condition: oauth }) }
  return { issuer: 'https://tokens.acme.example', providers: [{ issuer }], resources, rules: [rule] }
}
