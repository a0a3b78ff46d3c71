import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Environment } from '../../src/world.ts'
import { serveCloudProxy } from '../fakes/cloud-proxy.ts'
import { mayfly, run } from '../fakes/run.ts'
import { sharedClock } from '../fakes/shared-clock.ts'
import { alter } from './alter.ts'
import {
  type IndependentIssuer,
  independentIssuers,
  type RunningIssuer,
  startIssuer,
} from './independent-issuers.ts'
import { type Started, start } from './start.ts'

// Issuers that are not ours, registered at our token service as an IAM OIDC provider and as a provider of a pool. It
// finds their keys by discovery over HTTPS at their own names, with a throw-away certificate authority.

const account = '123456789012'
const audience = 'https://sts.acme.example'
const provider = 'projects/111111111111/locations/global/workloadIdentityPools/acme-pool/providers/issuer'

for (const issuer of independentIssuers)
  describe(`tokens of ${issuer.name}`, { skip: issuer.prepared.skip }, () => {
    let stage: Awaited<ReturnType<typeof setStage>>
    before(async () => {
      stage = await setStage(issuer)
    })
    after(() => stage.close())

    it('are worth credentials of AWS, by a role that names the issuer', async () => {
      const { code, out, err } = await stage.aws(await stage.token())
      assert.equal(code, 0, err)
      assert.match(JSON.parse(out).arn, /^arn:aws:sts::123456789012:assumed-role\/batch\//)
    })

    it('are worth an access token of Google, by a provider that maps their claims', async () => {
      const { code, out, err } = await stage.google(await stage.token())
      assert.equal(code, 0, err)
      assert.match(JSON.parse(out).token, /^ya29\./)
    })

    it('are refused by both when they are for another audience', async () => {
      const token = await stage.token('https://elsewhere.example')
      assert.match((await stage.aws(token)).err, /InvalidIdentityToken: Incorrect token audience/)
      assert.match((await stage.google(token)).err, /invalid_grant: .*audience/i)
      assert.ok(stage.told('PROOF_AUDIENCE'))
    })

    it('are refused by both when they were altered', async () => {
      const token = alter(await stage.token())
      assert.match((await stage.aws(token)).err, /InvalidIdentityToken/)
      assert.match((await stage.google(token)).err, /invalid_grant/)
      assert.ok(stage.told('PROOF_SIGNATURE'))
    })

    it('are verified with the new key after a rotation, and no longer with the old one', async () => {
      const old = await stage.token()
      assert.equal((await stage.aws(old)).code, 0)
      await stage.rotate()
      // An unknown key makes the token service look again, once a minute.
      stage.clock.jump(61_000)
      const fresh = await stage.aws(await stage.token())
      assert.equal(fresh.code, 0, fresh.err)
      assert.equal((await stage.aws(old)).code, 1)
      assert.ok(stage.told('PROOF_KEY'))
    })

    it('are refused as an outage while the issuer is away and its keys are not at hand', async () => {
      const token = await stage.token()
      await stage.leave()
      await stage.restartSts()
      const { err } = await stage.aws(token)
      assert.match(err, /Couldn't retrieve verification key from your identity provider/)
      assert.match(err, /may pass: try again/)
      assert.ok(stage.told('PROOF_DISCOVERY'))
    })

    it('are refused where the certificate of the issuer is by an authority that nobody trusts', async () => {
      await stage.rotate()
      await stage.restartSts({ NODE_EXTRA_CA_CERTS: '' })
      assert.equal((await stage.aws(await stage.token())).code, 1)
      assert.ok(stage.told('PROOF_DISCOVERY'))
      assert.match(stage.said(), /certificate/)
    })
  })

/** The issuer, our token service in a process that trusts it, and a workload between them. */
async function setStage(issuer: IndependentIssuer) {
  const { hostname } = new URL(issuer.url)
  const ports: Record<string, number> = { [hostname]: 0 }
  const home = await mkdtemp(join(tmpdir(), 'mayfly-providers-'))
  const at = (name: string) => join(home, name)
  const clock = sharedClock(at('clock'), Date.now())
  const proxy = await serveCloudProxy(ports)
  await writeFile(at('ca.pem'), proxy.ca)
  await writeFile(at('trust.yaml'), JSON.stringify(trustOf(issuer)))
  const env = { PATH: process.env.PATH, HOME: home, NO_COLOR: '1' }
  const trusting = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: at('ca.pem'), ...clock.env }
  const startSts = (more: Environment = {}) =>
    start({
      command: [mayfly, 'sts', '--config', at('trust.yaml'), '--port', '0'],
      env: { ...env, ...trusting, ...more },
      ready: /^(http:\S+)$/m,
    })
  let running: RunningIssuer
  const rise = async () => {
    running = await startIssuer(issuer, env)
    ports[hostname] = running.port
  }
  await rise()
  let sts: Started = await startSts()

  return {
    clock,
    token: (of = audience) => running.token(of),
    said: () => sts.said(),
    /** Whether the operator was told of a refusal of that code. */
    told: (code: string) => sts.said().includes(`(${code})`),
    leave: () => running.close(),
    async rotate() {
      await running.close()
      await rise()
    },
    async restartSts(more?: Environment) {
      await sts.close()
      sts = await startSts(more)
    },
    async aws(token: string) {
      await writeFile(at('token'), token, { mode: 0o600 })
      const role = {
        AWS_ROLE_ARN: `arn:aws:iam::${account}:role/batch`,
        AWS_WEB_IDENTITY_TOKEN_FILE: at('token'),
      }
      return run([mayfly, 'get', 'aws'], { ...env, ...role, AWS_ENDPOINT_URL_STS: sts.found })
    },
    async google(token: string) {
      await writeFile(at('token'), token, { mode: 0o600 })
      await writeFile(at('google.json'), JSON.stringify(externalAccount(sts.found, at('token'))))
      return run([mayfly, 'get', 'google'], { ...env, GOOGLE_APPLICATION_CREDENTIALS: at('google.json') })
    },
    async close() {
      await Promise.all([sts.close(), running.close(), proxy.close()])
      clock.close()
      await rm(home, { recursive: true })
    },
  }
}

const externalAccount = (url: string, file: string) => ({
  type: 'external_account',
  audience: `//iam.googleapis.com/${provider}`,
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: `${url}/v1/token`,
  credential_source: { file },
})

/** What an administrator writes to trust one client of the issuer, in both clouds. */
function trustOf({ url, client }: IndependentIssuer) {
  const host = url.slice('https://'.length)
  const trusted = {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${host}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: { StringEquals: { [`${host}:aud`]: audience, [`${host}:sub`]: client.id } },
  }
  const role = { name: 'batch', assumeRolePolicyDocument: { Version: '2012-10-17', Statement: [trusted] } }
  const inPool = {
    id: 'issuer',
    attributeMapping: { 'google.subject': 'assertion.sub', 'attribute.client': 'assertion.client_id' },
    attributeCondition: `assertion.client_id == '${client.id}'`,
    oidc: { issuerUri: url, allowedAudiences: [audience] },
  }
  return {
    aws: [{ account, oidcProviders: [{ url, clientIds: [audience] }], roles: [role] }],
    google: [
      { projectNumber: '111111111111', projectId: 'acme', pools: [{ id: 'acme-pool', providers: [inPool] }] },
    ],
  }
}
