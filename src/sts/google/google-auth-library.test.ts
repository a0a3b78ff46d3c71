import assert from 'node:assert/strict'
import { verify, X509Certificate } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { DownscopedClient, Impersonated, OAuth2Client } from 'google-auth-library'
import { bigquery, delegates, delegationTrust, federatedToken, relay } from '../../../test/google-side.ts'
import { loader, trustSide } from '../../../test/trust-side.ts'
import { verifyAccessToken } from '../public.ts'
import { serveSts } from '../serve.ts'

// Google's own library for JavaScript against a token service on loopback.

async function served(t: TestContext) {
  const side = trustSide({ document: delegationTrust() })
  // The library goes by the machine's clock.
  side.clock.jump(Math.floor(Date.now() / 1000) * 1000 - side.clock.now())
  const server = await serveSts({ sts: side.sts })
  t.after(() => server.close())
  return { side, url: server.url }
}

async function impersonated(t: TestContext) {
  const { side, url } = await served(t)
  const sourceClient = new OAuth2Client()
  sourceClient.setCredentials({ access_token: federatedToken(side) })
  const target = { targetPrincipal: loader, delegates: delegates(relay), targetScopes: [bigquery] }
  return { side, url, client: new Impersonated({ sourceClient, endpoint: url, ...target }) }
}

test('it impersonates an account through another', async (t) => {
  const { side, client } = await impersonated(t)
  const { token } = await client.getAccessToken()
  const { principal, scopes } = verifyAccessToken(token!, { keys: side.sts.keys, nowMs: side.clock.now() })
  assert.deepEqual(
    [principal, scopes],
    [{ type: 'service-account', email: loader, uniqueId: '100000000000000000001' }, [bigquery]],
  )
})

test('it has a blob signed, and the certificate of the account proves it', async (t) => {
  const { url, client } = await impersonated(t)
  const { keyId, signedBlob } = await client.sign('a URL to be signed')
  const certificates = await (await fetch(`${url}/robot/v1/metadata/x509/${loader}`)).json()
  const { publicKey } = new X509Certificate((certificates as Record<string, string>)[keyId]!)
  assert.ok(verify('sha256', Buffer.from('a URL to be signed'), publicKey, Buffer.from(signedBlob, 'base64')))
})

test('it fetches an ID token through another account', async (t) => {
  const { url, client } = await impersonated(t)
  const token = await client.fetchIdToken('https://run.example')
  const certificates = await (await fetch(`${url}/oauth2/v1/certs`)).json()
  const login = await new OAuth2Client().verifySignedJwtWithCertsAsync(
    token,
    certificates as Record<string, string>,
    'https://run.example',
    ['https://accounts.google.com'],
  )
  assert.equal(login.getPayload()?.email, loader)
})

test('it downscopes what it has impersonated', async (t) => {
  const { side, url, client } = await impersonated(t)
  const rule = {
    availableResource: '//storage.googleapis.com/projects/_/buckets/pictures',
    availablePermissions: ['inRole:roles/storage.objectViewer'],
    availabilityCondition: {
      title: 'cats',
      expression: "resource.name.startsWith('projects/_/buckets/pictures/objects/cat')",
    },
  }
  const credentialAccessBoundary = { accessBoundary: { accessBoundaryRules: [rule] } }
  const downscoped = new DownscopedClient({ authClient: client, credentialAccessBoundary })
  leadTo(url, downscoped)
  const { token, expirationTime } = await downscoped.getAccessToken()
  const setting = { keys: side.sts.keys, nowMs: side.clock.now() }
  const identity = verifyAccessToken(token!, { ...setting, evaluatesBoundary: true })
  assert.deepEqual(identity.boundary, credentialAccessBoundary.accessBoundary)
  assert.deepEqual(identity.principal, {
    type: 'service-account',
    email: loader,
    uniqueId: '100000000000000000001',
  })
  assert.ok(Math.abs(expirationTime! - identity.expiresAtMs) < 60_000)
})

test('it learns whose an access token is', async (t) => {
  const { url, client } = await impersonated(t)
  const { token } = await client.getAccessToken()
  const asking = new OAuth2Client({ endpoints: { tokenInfoUrl: `${url}/tokeninfo` } })
  const { aud, scopes } = await asking.getTokenInfo(token!)
  assert.deepEqual([aud, scopes], ['100000000000000000001', [bigquery]])
})

/** It knows no other address than sts.googleapis.com: its requests are led here on their way. */
function leadTo(url: string, client: DownscopedClient): void {
  const { transporter } = Reflect.get(client, 'stsCredential') as {
    transporter: DownscopedClient['transporter']
  }
  transporter.interceptors.request.add({
    resolved: async (request) =>
      Object.assign(request, { url: new URL(`${url}${new URL(request.url).pathname}`) }),
  })
}
