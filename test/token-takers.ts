import { encodeForm } from '../src/wire/form.ts'
import { roleArn } from './trust-side.ts'

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
      const answer = await posted(`${url}/11111111-1111-4111-8111-111111111111/oauth2/v2.0/token`, {
        grant_type: 'client_credentials',
        client_id: '22222222-2222-4222-8222-222222222222',
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
      const answer = await posted(`${url}/token`, { ...asked, resource: 'https://orders.acme.example' })
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
