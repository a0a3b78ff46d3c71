import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fromContainerMetadata, fromHttp } from '@aws-sdk/credential-providers'
import { testClock } from '../../test/clock.ts'
import { accessToken, awsCredential, awsPlan, expiresAtMs, fixedLease } from '../../test/fixed-lease.ts'
import type { Credential } from '../credential.ts'
import { MayflyError } from '../errors.ts'
import { Secret } from '../secret.ts'
import { childEnvironment } from './child.ts'
import { ecs, ecsApp, ecsEnvironment } from './ecs.ts'

const token = new Secret('bearer-of-the-test')
const path = '/not-to-be-guessed'

function served(give: () => Credential, clock = testClock()) {
  const app = ecsApp({ lease: fixedLease(give), clock, path, token })
  return async (headers: Record<string, string> = { authorization: token.reveal() }, at = path) => {
    const answer = await app.request(at, { headers })
    return { status: answer.status, body: (await answer.json()) as Record<string, string> }
  }
}

test('the credentials come as the four strings that every SDK needs, the expiry without a fraction', async () => {
  assert.deepEqual(await served(() => awsCredential)(), {
    status: 200,
    body: {
      AccessKeyId: 'ASIAIOSFODNN7EXAMPLE',
      SecretAccessKey: 'secret-of-the-test',
      Token: 'session-of-the-test',
      Expiration: '2026-11-22T01:00:00Z',
    },
  })
})

test('without the token nobody is served, and with another one neither', async () => {
  const ask = served(() => awsCredential)
  const [none, other] = [await ask({}), await ask({ authorization: 'bearer-of-the-tesT' })]
  assert.deepEqual([none.status, other.status], [401, 403])
  assert.deepEqual([none.body.code, other.body.Code], ['DELIVERY_REFUSED', 'DELIVERY_REFUSED'])
  assert.doesNotMatch(JSON.stringify([none, other]), /of-the-test/)
})

test('another path is not there, whatever the token', async () => {
  const { status } = await served(() => awsCredential)({ authorization: token.reveal() }, '/')
  assert.equal(status, 404)
})

test('a failing renewal is 503 with its code, sentence and hint under both spellings', async () => {
  const failing = served(() => {
    throw new MayflyError('LEASE_EXPIRED', {
      message: 'the token service is away since 00:10',
      hint: 'Wait.',
      transient: true,
    })
  })
  const { status, body } = await failing()
  assert.equal(status, 503)
  assert.equal(body.code, 'LEASE_EXPIRED')
  assert.equal(body.Code, body.code)
  assert.equal(body.message, 'the token service is away since 00:10. Wait.')
  assert.equal(body.Message, body.message)
})

test('a refusal that no repetition will change is 400, the first one and that of a renewal', async () => {
  for (const code of ['EXCHANGE_REFUSED', 'LEASE_EXPIRED'] as const) {
    const { status } = await served(() => {
      throw new MayflyError(code, { message: 'AccessDenied' })
    })()
    assert.equal(status, 400, code)
  }
})

test('an exception of unknown origin tells nothing of itself', async () => {
  const { status, body } = await served(() => {
    throw new Error('secret-of-the-test')
  })()
  assert.equal(status, 503)
  assert.doesNotMatch(JSON.stringify(body), /of-the-test/)
})

test('an expired, permanent or foreign credential is never answered with 200', async () => {
  const clock = testClock(expiresAtMs)
  const { sessionToken: _, ...permanent } = awsCredential as typeof awsCredential & { sessionToken: Secret }
  assert.equal((await served(() => awsCredential, clock)()).status, 503)
  assert.equal((await served(() => permanent as Credential)()).status, 400)
  assert.equal((await served(() => accessToken)()).status, 400)
})

test('the environment has the address, both regions, and no other identity', () => {
  const parent = {
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/1',
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/var/run/token',
    AWS_PROFILE: 'gitlab',
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/node',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/token',
    PATH: '/bin',
  }
  const child = childEnvironment(
    parent,
    ecsEnvironment({ url: 'http://127.0.0.1:1/x', token, region: 'eu-west-1' }),
  )
  const { NO_PROXY, no_proxy, ...rest } = child
  assert.equal(NO_PROXY, no_proxy)
  assert.deepEqual(rest, {
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'bearer-of-the-test',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/x',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_REGION: 'eu-west-1',
    PATH: '/bin',
  })
})

test('over a socket the AWS SDK gets the credentials by both of its providers, and a browser gets none', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'mayfly-test-'))
  t.after(() => rm(directory, { recursive: true }))
  const clock = testClock(Date.now())
  const credential = { ...awsCredential, expiresAtMs: Date.now() + 3_600_000 }
  const world = { env: { HOME: directory }, clock, http: noHttp, log: () => {} }
  const lease = fixedLease(() => credential)
  const delivered = await ecs.deliver({ lease, plan: awsPlan, directory, command: [], world })
  t.after(() => delivered.close())
  const child = childEnvironment({}, delivered.changes)
  const url = child.AWS_CONTAINER_CREDENTIALS_FULL_URI!
  const bearer = child.AWS_CONTAINER_AUTHORIZATION_TOKEN!

  const provided = await fromHttp({
    awsContainerCredentialsFullUri: url,
    awsContainerAuthorizationToken: bearer,
  })()
  assert.equal(provided.secretAccessKey, 'secret-of-the-test')
  Object.assign(process.env, child)
  t.after(() => {
    for (const name of Object.keys(child)) delete process.env[name]
  })
  assert.equal((await fromContainerMetadata()()).sessionToken, 'session-of-the-test')
  assert.equal(await statusOf(url, { authorization: bearer, origin: 'https://example.com' }), 403)
  assert.equal(child.AWS_REGION, 'eu-west-1')
})

const noHttp = async () => {
  throw new Error('a delivery makes no request')
}

function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (answer) => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end()
  })
}
