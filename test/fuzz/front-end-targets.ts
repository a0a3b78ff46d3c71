import type { TrustDocument } from '../../src/registry/documents.ts'
import { encodeForm } from '../../src/wire/form.ts'
import { entraTrust, exchange, tenantId } from '../entra-side.ts'
import { oauthTrust, onprem } from '../oauth-side.ts'
import { mainBranch, provider, storyTrust, tokenOf, webIdentity } from '../trust-side.ts'
import { requestIn } from './request-text.ts'
import type { Target } from './target.ts'
import { type FuzzedService, keysOf, openFuzzed, seconds } from './token-service.ts'

const document: TrustDocument = {
  ...storyTrust,
  ...(entraTrust.entra && { entra: entraTrust.entra }),
  ...(oauthTrust.authorizationServers && { authorizationServers: oauthTrust.authorizationServers }),
}
const keys = keysOf(document)

/** Words that stand for what differs between runs: the same seed has to give the same inputs. */
const standIns = new Map([
  ['TOKENAWS', 'https://user-audience.test'],
  ['TOKENGOOGLE', `https:${provider}/gitlab`],
  ['TOKENENTRA', exchange],
  ['TOKENOAUTH', onprem],
])

const post = (
  path: string,
  fields: Readonly<Record<string, string | number | undefined>>,
  host = 'sts.amazonaws.com',
) => `POST ${path}\nHost: ${host}\nContent-Type: application/x-www-form-urlencoded\n\n${encodeForm(fields)}`
const jwt = 'urn:ietf:params:oauth:token-type:jwt'
const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange'

const corpus = [
  post('/', webIdentity('TOKENAWS', { DurationSeconds: 900 })),
  post('/', { Action: 'GetCallerIdentity', Version: '2011-06-15' }),
  post('/', { Action: 'ListRoles', Version: '2010-05-08' }, 'iam.amazonaws.com'),
  post('/v1/token', {
    grantType: tokenExchange,
    audience: `${provider}/gitlab`,
    scope: 'https://www.googleapis.com/auth/cloud-platform',
    requestedTokenType: 'urn:ietf:params:oauth:token-type:access_token',
    subjectTokenType: jwt,
    subjectToken: 'TOKENGOOGLE',
  }),
  post(`/${tenantId}/oauth2/v2.0/token`, {
    grant_type: 'client_credentials',
    client_id: '22222222-2222-4222-8222-222222222222',
    scope: 'https://management.azure.com/.default',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: 'TOKENENTRA',
  }),
  post(
    '/onprem/token',
    { grant_type: tokenExchange, subject_token: 'TOKENOAUTH', subject_token_type: jwt },
    'tokens.acme.example',
  ),
  'POST /v1/projects/-/serviceAccounts/loader@acme.iam.gserviceaccount.com:generateAccessToken\nHost: iamcredentials.googleapis.com\nAuthorization: Bearer x\nContent-Type: application/json\n\n{"scope":["https://www.googleapis.com/auth/cloud-platform"],"lifetime":"300s"}',
  'GET /v1/projects/acme/locations/global/workloadIdentityPools?pageSize=3\nHost: iam.googleapis.com\nAuthorization: Bearer x',
  'GET /v1.0/applications/1/federatedIdentityCredentials\nHost: graph.microsoft.com\nAuthorization: Bearer x',
  'GET /?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256\nHost: sts.amazonaws.com',
  'GET /tokeninfo?access_token=x\nHost: oauth2.googleapis.com',
  'GET /issuers/gitlab.com/.well-known/openid-configuration\nHost: localhost',
  'GET /.well-known/oauth-authorization-server/onprem\nHost: tokens.acme.example',
]

/** The token service as a whole: whatever is sent is answered, and never by a failure of its own. */
export const frontEndTargets: readonly Target[] = [
  {
    name: 'front-ends',
    corpus,
    words: [
      ...[
        'Action=',
        'AssumeRole',
        'AssumeRoleWithWebIdentity',
        'GetSessionToken',
        'GetFederationToken',
        'Policy=%7B%7D',
      ],
      ...[
        '&',
        '=',
        '/',
        '%2F',
        '?',
        ':',
        '\n',
        'GET ',
        'POST ',
        'PATCH ',
        'DELETE ',
        'OPTIONS ',
        'Authorization: Basic x',
      ],
      ...[
        ...standIns.keys(),
        'Tags.member.1.Key=a',
        'options=%7B%22userProject%22%3A1%7D',
        'actor_token=',
        'scope=',
        'resource=',
      ],
    ],
    refusals: [],
    async read(text) {
      const service = await openFuzzed(document, keys)
      await service.ask(requestIn(withTokens(text, service)), () => {})
      await service.close()
    },
  },
]

function withTokens(text: string, { sts }: FuzzedService): string {
  const made = (aud: string) => tokenOf({ sts, seconds }, { aud, sub: mainBranch })
  return text.replaceAll(/TOKEN[A-Z]+/g, (name) => (standIns.has(name) ? made(standIns.get(name)!) : name))
}
