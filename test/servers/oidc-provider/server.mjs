// An issuer by oidc-provider: `server.mjs ISSUER`. A machine that knows the client's secret gets an access token in
// JWT form, by client credentials, for whatever audience it names as `resource`. Every start makes a new key.
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const provider = new Provider(process.argv[2], {
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
  clients: [
    {
      client_id: 'batch',
      client_secret: 'throw-away',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  features: {
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx, resource) => ({
        audience: resource,
        scope: '',
        accessTokenFormat: 'jwt',
        accessTokenTTL: 600,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
})
// Whoever is in front of this server has ended TLS.
provider.proxy = true
const answer = provider.callback()
const server = createServer((request, response) => {
  request.headers['x-forwarded-proto'] = 'https'
  answer(request, response)
})
server.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`))
