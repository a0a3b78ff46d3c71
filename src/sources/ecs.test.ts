import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Answer, failure, folderOf, serve, testWorld } from '../../test/workload.ts'
import { outboundHttp } from '../wire/http.ts'
import type { Environment, World } from '../world.ts'
import { ecs } from './ecs.ts'

const audience = { value: 'any', usual: true }
const signal = new AbortController().signal
const prove = (world: World) => ecs(world).prove(audience, signal)

const credentials = {
  RoleArn: 'arn:aws:iam::123456789012:role/task',
  AccessKeyId: 'ASIAEXAMPLE',
  SecretAccessKey: 'secret-of-the-task',
  Token: 'session-of-the-task',
  Expiration: '2026-11-22T06:00:00Z',
}

/** An ECS agent, and a world in which the link-local address leads to it. */
async function agent(t: TestContext, answer: (request: IncomingMessage) => Answer | undefined) {
  const { url, requests } = await serve(t, answer)
  const real = outboundHttp()
  const http: World['http'] = (request) =>
    real({ ...request, url: request.url.replace('http://169.254.170.2/', `${url}/`) })
  return { url, requests, world: (env: Environment) => testWorld(env, { http }) }
}

const relative = {
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/1234-uuid',
  AWS_REGION: 'eu-west-1',
}

test("the task's credentials are read from the agent's link-local address", async (t) => {
  const { world, requests } = await agent(t, () => ({ body: credentials }))
  const proof = await prove(world(relative))
  assert.ok(proof.kind === 'aws')
  assert.equal(requests[0]!.url, '/v2/credentials/1234-uuid')
  assert.equal(proof.credentials.accessKeyId, 'ASIAEXAMPLE')
  assert.equal(proof.credentials.secretAccessKey.reveal(), 'secret-of-the-task')
  assert.equal(proof.credentials.sessionToken?.reveal(), 'session-of-the-task')
  assert.equal(proof.region, 'eu-west-1')
})

test('they are read anew at every call', async (t) => {
  const { world, requests } = await agent(t, () => ({ body: credentials }))
  const source = ecs(world(relative))
  await source.prove(audience, signal)
  await source.prove(audience, signal)
  assert.equal(requests.length, 2)
})

test('the relative address beats the full one, as in the SDKs', async (t) => {
  const { world, requests } = await agent(t, () => ({ body: credentials }))
  await prove(world({ ...relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/full' }))
  assert.equal(requests.length, 1)
})

test('AWS_CONTAINER_SERVICE_ENDPOINT is in place of the link-local address', async (t) => {
  const { url, requests } = await serve(t, () => ({ body: credentials }))
  await prove(testWorld({ ...relative, AWS_CONTAINER_SERVICE_ENDPOINT: url }))
  assert.equal(requests.length, 1)
})

test('the authorization token is sent verbatim, and its file beats the variable and is re-read', async (t) => {
  const { url, requests } = await serve(t, () => ({ body: credentials }))
  const file = join(folderOf(t, { token: 'from the-file\n' }), 'token')
  const env = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/creds`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'variable',
  }
  await prove(testWorld(env))
  await prove(testWorld({ ...env, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file }))
  assert.deepEqual(
    requests.map(({ headers }) => headers.authorization),
    ['variable', 'from the-file'],
  )
})

test('an authorization token that would forge a header is not sent, and not shown', async (t) => {
  const { url, requests } = await serve(t, () => ({ body: credentials }))
  const env = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: url,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'tell-nobody\r\nHost: x',
  }
  await assert.rejects(prove(testWorld(env)), (error: Error) => {
    assert.ok(!error.message.includes('tell-nobody'))
    return failure('SOURCE_FAILED', 'AWS_CONTAINER_AUTHORIZATION_TOKEN')(error)
  })
  assert.equal(requests.length, 0)
})

test('the full address may be HTTPS, loopback or link-local, and no other host over HTTP', async () => {
  const allowed: string[] = []
  const http: World['http'] = async ({ url }) => {
    allowed.push(url)
    return { status: 200, headers: {}, body: JSON.stringify(credentials) }
  }
  const at = (url: string) =>
    prove(testWorld({ AWS_CONTAINER_CREDENTIALS_FULL_URI: url, AWS_REGION: 'x' }, { http }))
  const good = ['https://creds.example/x', 'http://localhost:1/x', 'http://127.8.0.1/x', 'http://[::1]/x']
  const linkLocal = [
    'http://169.254.170.2/x',
    'http://169.254.170.23/v1/credentials',
    'http://[fd00:ec2::23]/v1/credentials',
  ]
  for (const url of [...good, ...linkLocal]) await at(url)
  assert.equal(allowed.length, 7)
  for (const url of [
    'http://10.0.0.5/x',
    'http://169.254.169.254/x',
    'http://127.0.0.1.evil.example/x',
    'ftp://localhost/x',
    'x',
  ])
    await assert.rejects(at(url), failure('SOURCE_FAILED', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'))
  assert.equal(allowed.length, 7)
})

test('a relative address cannot lead to another host', async () => {
  const http = () => assert.fail('nothing may be sent')
  for (const path of ['@evil.example/x', '.evil.example/x', ':80@evil.example'])
    await assert.rejects(
      prove(testWorld({ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path }, { http })),
      failure('SOURCE_FAILED', 'RELATIVE_URI'),
    )
})

test('a task with only an execution role is told at once, without a request, that the task role is missing', async () => {
  const http = () => assert.fail('nothing may be asked')
  const fargate = {
    ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/1',
    AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
  }
  for (const env of [fargate, { ECS_CONTAINER_METADATA_URI: 'x' }, { AWS_EXECUTION_ENV: 'AWS_ECS_EC2' }]) {
    const world = testWorld(env, { http })
    assert.equal(ecs(world).detect().here, true)
    await assert.rejects(
      prove(world),
      failure('SOURCE_TASK_ROLE', 'task role', 'taskRoleArn', 'execution role'),
    )
  }
})

test('on Batch it is the job role that is missing', async () => {
  const env = { AWS_BATCH_JOB_ID: 'job', ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/1' }
  await assert.rejects(prove(testWorld(env)), failure('SOURCE_TASK_ROLE', 'AWS Batch job', 'jobRoleArn'))
})

test('the sighting names the platform', () => {
  const saw = (env: Environment) => ecs(testWorld({ ...relative, ...env })).detect().saw
  assert.match(saw({ AWS_BATCH_JOB_ID: 'job' }), /AWS Batch/)
  assert.match(saw({ CODEBUILD_BUILD_ID: 'build' }), /CodeBuild/)
  assert.match(saw({ AWS_EXECUTION_ENV: 'CloudShell' }), /CloudShell/)
  assert.match(saw({ AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE' }), /Fargate/)
  assert.match(
    saw({ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials' }),
    /EKS Pod Identity/,
  )
})

test('no sighting and no error shows the address of the credentials, which is as good as a password', async (t) => {
  const { world } = await agent(t, () => ({ status: 500, body: { message: 'agent is down' } }))
  assert.ok(!ecs(world(relative)).detect().saw.includes('1234-uuid'))
  await assert.rejects(prove(world(relative)), (error: Error) => {
    assert.ok(!error.message.includes('1234-uuid'))
    return failure('SOURCE_FAILED', '500', 'agent is down')(error)
  })
})

test('the region comes from the task metadata where no variable has it', async (t) => {
  const task: Record<string, unknown> = {}
  const { world, requests } = await agent(t, ({ url }) => ({
    body: url === '/v4/abc/task' ? task : credentials,
  }))
  const env = { ...relative, AWS_REGION: '', ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/abc' }
  const regionFor = async (answer: Record<string, unknown>) => {
    for (const key of Object.keys(task)) delete task[key]
    const proof = await prove(world(Object.assign(task, answer) && env))
    return proof.kind === 'aws' ? proof.region : undefined
  }
  assert.equal(await regionFor({ TaskARN: 'arn:aws:ecs:ap-northeast-2:1:task/c/1' }), 'ap-northeast-2')
  assert.equal(await regionFor({ AvailabilityZone: 'us-west-2-lax-1a' }), 'us-west-2')
  assert.equal(await regionFor({ AvailabilityZone: 'us-gov-west-1b' }), 'us-gov-west-1')
  assert.equal(await regionFor({ AvailabilityZone: 'evil.example/', TaskARN: 'a:b:c:x/@y' }), undefined)
  assert.ok(requests.some(({ url }) => url === '/v4/abc/task'))
})

test('metadata that fails costs the region and not the credentials, and the log says why', async (t) => {
  const { world } = await agent(t, ({ url }) =>
    url === '/v4/abc/task' ? { status: 500 } : { body: credentials },
  )
  const env = { ...relative, AWS_REGION: '', ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/abc' }
  const there = world(env)
  const proof = await prove(there)
  assert.ok(proof.kind === 'aws' && proof.region === undefined)
  assert.match((there as { lines: string[] } & World).lines.join(), /ECS task metadata.*500/)
})

test('an answer without one of the four values is SOURCE_FAILED, which names it', async (t) => {
  for (const missing of ['AccessKeyId', 'SecretAccessKey', 'Token', 'Expiration']) {
    const { world } = await agent(t, () => ({ body: { ...credentials, [missing]: '' } }))
    await assert.rejects(prove(world(relative)), failure('SOURCE_FAILED', missing))
  }
})

test('credentials that have expired are refused here, with by how much', async (t) => {
  const { world } = await agent(t, () => ({
    body: { ...credentials, Expiration: '2026-11-21T23:48:00.000000001Z' },
  }))
  await assert.rejects(prove(world(relative)), failure('PROOF_EXPIRED', 'expired 12 min ago'))
})

test('a value that could forge a header or a line is refused, named and not shown', async (t) => {
  for (const name of ['AccessKeyId', 'SecretAccessKey', 'Token']) {
    const { world } = await agent(t, () => ({ body: { ...credentials, [name]: 'tell-nobody\r\nHost: x' } }))
    await assert.rejects(prove(world(relative)), (error: Error) => {
      assert.ok(!error.message.includes('tell-nobody'))
      return failure('SOURCE_FAILED', name)(error)
    })
  }
})

test('an expiry is read as RFC 3339 alone: one without a zone is not held against the credentials', async (t) => {
  for (const Expiration of ['2026-11-21T23:48:00', '2025', '21 Nov 2026']) {
    const { world } = await agent(t, () => ({ body: { ...credentials, Expiration } }))
    assert.equal((await prove(world(relative))).kind, 'aws')
  }
  const { world } = await agent(t, () => ({
    body: { ...credentials, Expiration: '2026-11-22T01:48:00+02:00' },
  }))
  await assert.rejects(prove(world(relative)), failure('PROOF_EXPIRED', 'expired 12 min ago'))
})

test('elsewhere it is not here', async () => {
  assert.equal(ecs(testWorld({ AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs' })).detect().here, false)
  await assert.rejects(prove(testWorld()), failure('SOURCE_ABSENT', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'))
})
