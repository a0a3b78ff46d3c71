import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { createSts } from '../../src/sts/create.ts'
import { createFaults } from '../../src/sts/operator/faults.ts'
import { type StsServer, serveSts } from '../../src/sts/serve.ts'
import { assertion, deploy, entraTrust, shopApi, tenantId } from '../entra-side.ts'
import { serveCloudProxy } from '../fakes/cloud-proxy.ts'
import { run } from '../fakes/run.ts'
import { prepare } from './prepare.ts'

// Microsoft's own libraries as they are published: Entra's host name leads to our token service over HTTPS, and nothing
// else tells them that it is not Entra. They look up the instance and the tenant's endpoints before they ask.

const { folder, skip } = await prepare('azure-identity')

const faults = createFaults({ now: Date.now })
const sts = createSts({ document: entraTrust, faults })
const seconds = () => Math.floor(Date.now() / 1000)
let home: string
let server: StsServer
let proxy: Awaited<ReturnType<typeof serveCloudProxy>>

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'mayfly-azure-'))
  server = await serveSts({ sts })
  proxy = await serveCloudProxy({ 'login.microsoftonline.com': server.port })
  await writeFile(join(home, 'ca.pem'), proxy.ca)
})
after(async () => {
  await proxy.close()
  await server.close()
  await rm(home, { recursive: true })
})

interface Asking {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly scope?: string
  readonly tenant?: string
  readonly client?: string
}

interface Told {
  readonly token?: string
  readonly name?: string
  readonly message?: string
}

async function ask(library: string, asking: Asking = {}): Promise<Told> {
  const { claims = {}, tenant = tenantId, client = deploy } = asking
  const { scope = 'https://management.azure.com/.default' } = asking
  const tokenFile = join(home, 'token')
  await writeFile(tokenFile, assertion({ sts, seconds }, claims), { mode: 0o600 })
  const ran = await run([process.execPath, join(folder, 'client.mjs'), library, scope], {
    PATH: process.env.PATH,
    HOME: home,
    NODE_USE_ENV_PROXY: '1',
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: join(home, 'ca.pem'),
    AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.com',
    AZURE_TENANT_ID: tenant,
    AZURE_CLIENT_ID: client,
    AZURE_FEDERATED_TOKEN_FILE: tokenFile,
  })
  assert.notEqual(ran.out, '', ran.err)
  return JSON.parse(ran.out) as Told
}

/** Who a token is of, as a service would find out that trusts the tenant. */
async function verified({ token = '', message }: Told, issuer: string, audience: string) {
  assert.notEqual(token, '', message)
  const keys = await (await fetch(`${server.url}/${tenantId}/discovery/v2.0/keys`)).json()
  const { payload } = await jwtVerify(token, createLocalJWKSet(keys as never), { issuer, audience })
  return payload
}

const refusals: readonly [what: string, asking: Asking, says: RegExp][] = [
  ['another issuer', { claims: { iss: 'https://gitlab.com/' } }, /AADSTS700211\b/],
  ['another audience', { claims: { aud: 'https://gitlab.com' } }, /AADSTS700212\b/],
  [
    'another subject',
    { claims: { sub: 'project_path:acme/shop:ref_type:branch:ref:dev' } },
    /AADSTS700213\b/,
  ],
  [
    'a subject in another case',
    { claims: { sub: 'project_path:acme/Shop:ref_type:branch:ref:main' } },
    /AADSTS7002138\b/,
  ],
  ['a token that is over', { claims: { exp: seconds() - 3600 } }, /AADSTS700024\b/],
  ['a client that is not there', { client: '99999999-9999-4999-8999-999999999999' }, /AADSTS700016\b/],
  ['a scope without its suffix', { scope: 'https://management.azure.com/x' }, /AADSTS1002012\b/],
  ['a resource that is not there', { scope: 'api://other/.default' }, /AADSTS500011\b/],
]

// MSAL alone leaves it to its caller to ask again, and cannot read what Entra says of it, which is no JSON.
const throttledTitle = (library: string) =>
  library === 'msal' ? 'tells its caller that it was throttled' : 'asks again when it was throttled'

for (const library of ['workload-identity', 'client-assertion', 'msal'])
  describe(`${library} of @azure`, { skip }, () => {
    it('has a token of the first version for an API of Azure', async () => {
      const issuer = `https://sts.windows.net/${tenantId}/`
      const claims = await verified(await ask(library), issuer, 'https://management.azure.com')
      assert.equal(claims.appid, deploy)
    })

    it('has a token of the second version for an application that takes it', async () => {
      const issuer = `https://login.microsoftonline.com/${tenantId}/v2.0`
      const told = await ask(library, { scope: 'api://shop/.default' })
      assert.deepEqual((await verified(told, issuer, shopApi)).roles, ['Orders.Write'])
    })

    it(throttledTitle(library), async () => {
      faults.set({ throttle: [{ operation: 'ClientAssertion', next: 1 }] })
      const { token = '', message = '' } = await ask(library)
      if (library === 'msal') assert.match(message, /Too Many Requests/)
      else assert.notEqual(token, '', message)
    })

    for (const [what, asking, says] of refusals)
      it(`says Entra's own error for ${what}`, async () => {
        assert.match((await ask(library, asking)).message ?? 'no error', says)
      })

    it('says of a tenant that is not there that its endpoints cannot be had', async () => {
      const { message } = await ask(library, { tenant: '99999999-9999-4999-8999-999999999999' })
      assert.match(message ?? 'no error', /AADSTS90002|endpoints_resolution_error/)
    })

    it('asked nobody but Entra', () => assert.deepEqual(proxy.refused, []))
  })
