import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Revealed } from '../deliveries/revealed.ts'
import { formats, shellQuoted } from './formats.ts'

const expiration = '2026-11-22T01:00:00Z'
const aws: Revealed = {
  kind: 'aws',
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: "it's",
  sessionToken: 'session',
  region: 'eu-west-1',
  expiration,
}
const token: Revealed = { kind: 'access-token', token: 'token', scopes: [], expiration }
const idToken: Revealed = { kind: 'id-token', token: 'a.b.c', audience: 'x', expiration }

test('AWS credentials as shell variables, credential_process and profile', () => {
  assert.equal(
    formats.env(aws),
    `export AWS_ACCESS_KEY_ID='ASIAIOSFODNN7EXAMPLE'
export AWS_SECRET_ACCESS_KEY='it'\\''s'
export AWS_SESSION_TOKEN='session'
export AWS_CREDENTIAL_EXPIRATION='${expiration}'
export AWS_REGION='eu-west-1'
export AWS_DEFAULT_REGION='eu-west-1'
`,
  )
  assert.deepEqual(JSON.parse(formats.process(aws)), {
    Version: 1,
    AccessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    SecretAccessKey: "it's",
    SessionToken: 'session',
    Expiration: expiration,
  })
  assert.match(formats.profile(aws), /^\[default\]\n(.+ = .+\n){4}$/)
})

test('a token as such and as a header', () => {
  assert.equal(formats.token(token), 'token\n')
  assert.equal(formats.header(idToken), 'Authorization: Bearer a.b.c\n')
  assert.match(formats.env(token), /^export CLOUDSDK_AUTH_ACCESS_TOKEN='token'$/m)
})

test('what a format cannot hold is a wrong command line', () => {
  for (const wrong of [
    () => formats.token(aws),
    () => formats.header(aws),
    () => formats.process(token),
    () => formats.profile(idToken),
    () => formats.env(idToken),
  ])
    assert.throws(wrong, { code: 'COMMAND_USAGE' })
})

test('a quoted word holds nothing that a shell would read', () => {
  assert.equal(shellQuoted(`$(x) 'y'`), `'$(x) '\\''y'\\'''`)
})
