import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unsignedJwt } from '../../test/workload.ts'
import { withoutSecrets } from './without-secrets.ts'

const plainest = {
  atMs: 0,
  at: '127.0.0.1:443',
  host: 'sts.amazonaws.com',
  method: 'GET',
  target: '/',
  headers: [],
  status: 200,
} as const

const targetOf = (target: string) => withoutSecrets({ ...plainest, target }).target
const headerOf = (name: string, value: string) =>
  withoutSecrets({ ...plainest, headers: [[name, value]] }).headers[0]

for (const name of [
  ...[
    'WebIdentityToken',
    'subject_token',
    'client_assertion',
    'client_secret',
    'access_token',
    'access%5Ftoken',
  ],
  ...[
    'X-Amz-Signature',
    'x%2Damz-security-token',
    'X-Goog-Signature',
    'Signature',
    'sig',
    'key',
    'key%',
    'anything',
  ],
])
  test(`the value of ?${name}= is left out, and its name stays`, () => {
    assert.equal(
      targetOf(`/o?Version=1&${name}=SECRET=&x-id=Get`),
      `/o?Version=1&${name}=[redacted]&x-id=Get`,
    )
  })

for (const name of [
  ...[
    'Proxy-Authorization',
    'Private-Token',
    'Job-Token',
    'X-Amz-S3session-Token',
    'X-Amz-Security-Token',
    'Cookie',
  ],
  ...['x-amz-server-side-encryption-customer-key', 'x-goog-encryption-key', 'x-goog-iam-authorization-token'],
  ...['x-goog-api-key', 'x-ms-authorization-auxiliary', 'X-aws-ec2-metadata-token', 'Referer', 'x-anything'],
])
  test(`the value of the header ${name} is left out`, () => {
    assert.deepEqual(headerOf(name, 'SECRET'), [name, '[redacted]'])
  })

test('of a signature everything but itself is shown, and nothing of another credential', () => {
  const signed =
    'AWS4-HMAC-SHA256 Credential=AKIA/20261122/eu-west-1/sts/aws4_request, SignedHeaders=host;x-amz-date'
  assert.deepEqual(headerOf('authorization', `${signed}, Signature=NO-HEX=`), [
    ...['authorization', `${signed}, Signature=[redacted]`],
  ])
  for (const value of ['Basic SECRET', 'Bearer SECRET', 'SECRET', 'AWS4-HMAC-SHA256 SECRET'])
    assert.doesNotMatch(JSON.stringify(headerOf('Authorization', value)), /SECRET(?!=)/)
})

test('what looks like a token is left out wherever it stands', () => {
  const jwt = unsignedJwt({ sub: 'x' })
  const sealed = `ya29.${'aB3_'.repeat(10)}`
  const session = 'FwoGZXIvYXdzE'.repeat(8)
  for (const secret of [jwt, jwt.replaceAll('.', '%2E'), sealed, session]) {
    assert.equal(
      targetOf(`/a/${secret}/b?Action=${secret}&${secret}`),
      '/a/[redacted]/b?Action=[redacted]&[redacted]',
    )
    assert.deepEqual(headerOf('User-Agent', `x/1 ${secret}`), ['User-Agent', 'x/1 [redacted]'])
  }
  assert.equal(targetOf('http://user:SECRET@sts.amazonaws.com/'), 'http://[redacted]@sts.amazonaws.com/')
})

test('what tells clients apart stays as it came', () => {
  const hash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
  for (const [name, value] of [
    ['X-Amz-Content-SHA256', hash],
    ['X-Amz-Content-SHA256', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'],
    ['Metadata-Flavor', 'Google'],
    ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'],
    ['User-Agent', 'aws-cli/2.1 md/Botocore#1.2 ua/2.0 os/linux#6.1 md/arch#x86_64 cfg/retry-mode#standard'],
  ] as const)
    assert.deepEqual(headerOf(name, value), [name, value])
  for (const target of [
    '/v2/credentials/c3f1a9d2-0000-4000-8000-000000000000',
    '/computeMetadata/v1/instance/service-accounts/default/token?scopes=https://www.googleapis.com/auth/bigquery',
    '/bigquery/v2/projects/acme/queries/job?formatOptions.useInt64Timestamp=true&location=EU',
    '/?X-Amz-Credential=AKIA%2F20261122%2Feu-west-1%2Fs3%2Faws4_request',
  ])
    assert.equal(targetOf(target), target)
})
