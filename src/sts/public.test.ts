import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deploySession, roleArn, strangersKeys, type TrustSide, trustSide } from '../../test/trust-side.ts'
import { type ErrorCode, MayflyError } from '../errors.ts'
import { type SignableRequest, signHeaders, signQuery } from '../wire/sigv4.ts'
import { issueSession, verifyAccessToken, verifyAwsRequest } from './public.ts'
import { TrustDenied } from './trust-denied.ts'

const arn = 'arn:aws:sts::123456789012:assumed-role/deploy/job-7'
const fails = (code: ErrorCode) => (error: unknown) => error instanceof MayflyError && error.code === code

const put: SignableRequest = {
  method: 'PUT',
  path: '/pictures//a/../cat%20one.jpg',
  query: '',
  headers: [['Host', 's3.us-east-1.amazonaws.com']],
  body: 'meow',
}

/** As S3's clients sign: the path encoded once, and nothing taken out of it. */
async function signedPut(side: TrustSide) {
  const credentials = await deploySession(side)
  const nowMs = side.clock.now()
  const options = {
    credentials,
    region: 'us-east-1',
    service: 's3',
    nowMs,
    signBody: true,
    normalizePath: false,
  }
  const headers = signHeaders({ ...put, path: decodeURIComponent(put.path) }, options)
  return { ...put, headers: [...put.headers, ...headers] }
}

const verify = (side: TrustSide, request: SignableRequest, service = 's3') =>
  verifyAwsRequest(request, { keys: side.sts.keys, service, nowMs: side.clock.now() })

test('a service learns who signed a request, with a path as only S3 signs it', async () => {
  const side = trustSide()
  const identity = verify(side, await signedPut(side))
  assert.deepEqual([identity.arn, identity.account], [arn, '123456789012'])
})

test('an altered body, an altered path, another service and another token service are refused', async () => {
  const side = trustSide()
  const good = await signedPut(side)
  assert.throws(() => verify(side, { ...good, body: 'woof' }), fails('REQUEST_SIGNATURE'))
  assert.throws(() => verify(side, { ...good, path: '/pictures/cat%20one.jpg' }), fails('REQUEST_SIGNATURE'))
  assert.throws(() => verify(side, { ...good, method: 'DELETE' }), fails('REQUEST_SIGNATURE'))
  assert.throws(() => verify(side, good, 'ec2'), fails('REQUEST_SCOPE'))
  const keys = strangersKeys()
  assert.throws(
    () => verifyAwsRequest(good, { keys, service: 's3', nowMs: side.clock.now() }),
    fails('REQUEST_CREDENTIAL'),
  )
})

test('a presigned request holds for as long as it says, and while its session lives', async () => {
  const side = trustSide()
  const credentials = await deploySession(side)
  const options = { credentials, region: 'us-east-1', service: 'ec2', nowMs: side.clock.now() }
  const presigned = (expiresSeconds: number) => {
    const get = { ...put, method: 'GET', path: '/', query: 'Action=DescribeInstances', body: '' }
    return { ...get, query: signQuery(get, { ...options, expiresSeconds }) }
  }
  const [short, long] = [presigned(1800), presigned(86_400)]
  side.clock.jump(1_800_000)
  assert.equal(verify(side, short, 'ec2').arn, arn)
  side.clock.jump(1)
  assert.throws(() => verify(side, short, 'ec2'), fails('REQUEST_EXPIRED'))
  side.clock.jump(1_799_999)
  assert.throws(() => verify(side, long, 'ec2'), fails('REQUEST_CREDENTIAL_EXPIRED'))
})

test('a body that is declared unsigned is hashed all the same, but for S3', async () => {
  const side = trustSide()
  const credentials = await deploySession(side)
  const declared: SignableRequest = {
    ...put,
    path: '/',
    headers: [...put.headers, ['X-Amz-Content-Sha256', 'UNSIGNED-PAYLOAD']],
  }
  const options = { credentials, region: 'us-east-1', service: 'ec2', nowMs: side.clock.now() }
  const signed = { ...declared, headers: [...declared.headers, ...signHeaders(declared, options)] }
  assert.equal(verify(side, signed, 'ec2').arn, arn)
  assert.throws(() => verify(side, { ...signed, body: 'woof' }, 'ec2'), fails('REQUEST_SIGNATURE'))
})

test('a header of S3 that nobody signed is refused', async () => {
  const side = trustSide()
  const good = await signedPut(side)
  const also = (name: string, value: string) =>
    verify(side, { ...good, headers: [...good.headers, [name, value]] })
  for (const name of ['x-amz-copy-source', 'X-Amz-Acl', 'x-amz-meta-owner', 'x-amz-tagging'])
    assert.throws(() => also(name, 'x'), fails('REQUEST_SIGNATURE'), name)
  for (const name of ['X-Amzn-Trace-Id', 'amz-sdk-request', 'content-length'])
    assert.equal(also(name, '1').arn, arn, name)
})

test('an access token of nobody we know is refused', () => {
  const { sts } = trustSide()
  for (const token of ['', 'ya29.', 'ya29.x', 'x', sts.keys.sealing.seal('google-access-token', '[]')])
    assert.throws(() => verifyAccessToken(token, { keys: sts.keys }), fails('REQUEST_CREDENTIAL'))
})

test('a platform takes a role for a task where the role trusts it, and is recorded either way', async () => {
  const side = trustSide()
  const task = (role: string) =>
    issueSession(side.sts, {
      roleArn: roleArn(role),
      service: 'ecs-tasks.amazonaws.com',
      sessionName: 'task',
    })
  const { grant, accessKeyId } = await task('loader-task')
  assert.equal(grant.expiresAtMs, side.clock.now() + 3_600_000)
  await assert.rejects(task('deploy'), TrustDenied)
  await assert.rejects(task('nobody'), fails('TRUST_ROLE'))
  assert.deepEqual(
    side.records.map(({ decision, code, accessKeyId: given }) => [decision, code, given]),
    [
      ['allow', undefined, accessKeyId],
      ['deny', 'TRUST_DENIED', undefined],
      ['deny', 'TRUST_ROLE', undefined],
    ],
  )
})
