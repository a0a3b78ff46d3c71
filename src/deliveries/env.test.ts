import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from '../../test/clock.ts'
import { accessToken, awsCredential, awsPlan, fixedLease, googlePlan } from '../../test/fixed-lease.ts'
import { Secret } from '../secret.ts'
import { childEnvironment } from './child.ts'
import { env, envEnvironment } from './env.ts'

test('AWS credentials come as variables with their expiry and region, and nothing else speaks for AWS', () => {
  const parent = { AWS_PROFILE: 'x', AWS_SECURITY_TOKEN: 'x', AWS_ROLE_ARN: 'x' }
  assert.deepEqual(childEnvironment(parent, envEnvironment(awsCredential, 'eu-west-1')), {
    AWS_ACCESS_KEY_ID: 'ASIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret-of-the-test',
    AWS_SESSION_TOKEN: 'session-of-the-test',
    AWS_CREDENTIAL_EXPIRATION: '2026-11-22T01:00:00Z',
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
  })
})

test('an access token comes under the names that gcloud and Terraform read', () => {
  assert.deepEqual(childEnvironment({}, envEnvironment(accessToken)), {
    CLOUDSDK_AUTH_ACCESS_TOKEN: 'token-of-the-test',
    GOOGLE_OAUTH_ACCESS_TOKEN: 'token-of-the-test',
  })
})

test('no client reads an ID token from a variable', () => {
  const token = { kind: 'id-token', token: new Secret('x'), audience: 'a', expiresAtMs: 0 } as const
  assert.throws(() => envEnvironment(token), { code: 'DELIVERY_KIND' })
})

test('one line says that it cannot be renewed and until when it works, without the values', async () => {
  for (const [plan, credential] of [
    [awsPlan, awsCredential],
    [googlePlan, accessToken],
  ] as const) {
    const lines: string[] = []
    const world = { env: {}, clock: testClock(), http: noHttp, log: (line: string) => lines.push(line) }
    await env.deliver({
      lease: fixedLease(() => credential),
      plan,
      directory: '/nowhere',
      command: [],
      world,
    })
    assert.equal(lines.length, 1)
    assert.match(lines[0]!, /2026-11-22T01:00:00Z/)
    assert.doesNotMatch(lines[0]!, /of-the-test/)
  }
})

const noHttp = async () => {
  throw new Error('a delivery makes no request')
}
