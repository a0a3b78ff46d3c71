import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, describe, it } from 'node:test'
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { checkSignature, readSignature } from '../../src/wire/sigv4.ts'
import { serveBigQuery } from './bigquery.ts'
import { serveCloudProxy } from './cloud-proxy.ts'
import { serveEc2 } from './ec2.ts'
import { serveGithubRunner } from './github-runner.ts'
import { serveS3 } from './s3.ts'
import type { VerifyAws } from './service.ts'
import { account, admitted, bearer, refusedWith, scope } from './verdicts.ts'

// What the real clients make of the fakes. Who may call is not their judgement: that is injected here, and in
// the end-to-end tests it is the product's own verification.

const credentials = { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'example', sessionToken: 'example' }
/** Anybody who signed with that secret. */
const signer: VerifyAws = (request, service) => {
  const { secretAccessKey } = credentials
  checkSignature(request, readSignature(request), secretAccessKey, { s3: service === 's3' })
  return admitted(request, service)
}
const client = (endpoint: string) => ({ endpoint, region: 'ap-northeast-2', credentials, maxAttempts: 1 })

describe('the S3 fake', () => {
  it('gives back what was put, whichever way the SDK sends its checksum', async () => {
    const s3 = await serveS3({ verify: signer })
    after(s3.close)
    const sdk = new S3Client(client(s3.url))
    const where = { Bucket: 'pictures', Key: 'a b/ü+.txt' }
    await sdk.send(new PutObjectCommand({ ...where, Body: 'in a header' }))
    const first = await sdk.send(new GetObjectCommand(where))
    assert.equal(await first.Body?.transformToString(), 'in a header')

    await sdk.send(
      new PutObjectCommand({ ...where, Body: Readable.from(['in a ', 'trailer']), ContentLength: 12 }),
    )
    const second = await sdk.send(new GetObjectCommand(where))
    assert.equal(await second.Body?.transformToString(), 'in a trailer')
    assert.deepEqual(
      s3.seen.map((each) => each.call.split(' ')[0]),
      ['PutObject', 'GetObject', 'PutObject', 'GetObject'],
    )
  })

  it('takes the bucket from the host name, as SDKs without a setting write it', async () => {
    const s3 = await serveS3({ verify: admitted })
    after(s3.close)
    const host = 'pictures.s3.ap-northeast-2.amazonaws.com'
    const put = request({ port: s3.port, path: '/pets/cat.svg', method: 'PUT', headers: { host } })
    const [answer] = await once(put.end('a cat'), 'response')
    assert.equal(answer.statusCode, 200)
    assert.deepEqual([...s3.objects.keys()], ['pictures/pets/cat.svg'])
  })

  it('refuses a body that is not the one its checksum was made of', async () => {
    const s3 = await serveS3({ verify: admitted })
    after(s3.close)
    const put = (headers: Record<string, string>) =>
      fetch(`${s3.url}/pictures/cat`, { method: 'PUT', body: 'altered', headers })
    const digest = await put({ 'x-amz-checksum-crc32': 'NhCmhg==' })
    assert.match(await digest.text(), /<Code>BadDigest</)
    const hash = await put({ 'x-amz-content-sha256': '0'.repeat(64) })
    assert.match(await hash.text(), /<Code>XAmzContentSHA256Mismatch</)
    assert.equal(s3.objects.size, 0)
  })

  it("says in S3's words what the verification refused", async () => {
    for (const [code, name] of [
      ['REQUEST_CREDENTIAL_EXPIRED', 'ExpiredToken'],
      ['REQUEST_SIGNATURE', 'SignatureDoesNotMatch'],
      ['REQUEST_CREDENTIAL', 'InvalidAccessKeyId'],
    ] as const) {
      const s3 = await serveS3({ verify: refusedWith(code) })
      after(s3.close)
      const get = new S3Client(client(s3.url)).send(new GetObjectCommand({ Bucket: 'pictures', Key: 'cat' }))
      await assert.rejects(get, { name })
      assert.equal(s3.turnedAway[0]?.code, code)
    }
  })
})

describe('the EC2 fake', () => {
  it("answers an instance of the caller's account", async () => {
    const ec2 = await serveEc2({ verify: signer })
    after(ec2.close)
    const answer = await new EC2Client(client(ec2.url)).send(new DescribeInstancesCommand({}))
    assert.equal(answer.Reservations?.[0]?.OwnerId, account)
    assert.equal(answer.Reservations?.[0]?.Instances?.[0]?.State?.Name, 'running')
  })

  it('refuses expired credentials as EC2 does', async () => {
    const ec2 = await serveEc2({ verify: refusedWith('REQUEST_CREDENTIAL_EXPIRED') })
    after(ec2.close)
    const answer = new EC2Client(client(ec2.url)).send(new DescribeInstancesCommand({}))
    await assert.rejects(answer, { name: 'RequestExpired' })
  })
})

describe('the BigQuery fake', () => {
  it('asks for a bearer with a scope that admits BigQuery', async () => {
    const bigquery = await serveBigQuery({ verify: bearer([scope('devstorage.read_only')]) })
    after(bigquery.close)
    const call = (headers: Record<string, string>) =>
      fetch(`${bigquery.url}/bigquery/v2/projects/acme/queries`, { method: 'POST', body: '{}', headers })
    assert.equal((await call({})).status, 401)
    assert.equal((await call({ authorization: 'Bearer example' })).status, 403)
    assert.deepEqual(bigquery.seen, [])
  })

  it('lists the datasets of one project', async () => {
    const bigquery = await serveBigQuery({ verify: bearer([scope('bigquery')]) })
    after(bigquery.close)
    for (const table of ['acme.sales.orders', 'acme.sales.visits', 'other.hr.people'])
      bigquery.tables.set(table, [])
    const list = async (project: string) => {
      const url = `${bigquery.url}/bigquery/v2/projects/${project}/datasets`
      return (await fetch(url, { headers: { authorization: 'Bearer example' } })).json()
    }
    const sales = { projectId: 'acme', datasetId: 'sales' }
    const dataset = { kind: 'bigquery#dataset', id: 'acme:sales', datasetReference: sales }
    assert.deepEqual(await list('acme'), { kind: 'bigquery#datasetList', datasets: [dataset] })
    assert.deepEqual(await list('empty'), { kind: 'bigquery#datasetList' })
  })

  it('gives back the rows that a named parameter asks for', async () => {
    const bigquery = await serveBigQuery({ verify: bearer([scope('bigquery')]) })
    after(bigquery.close)
    bigquery.tables.set('acme.sales.orders', [
      { id: 1, batch: 'a' },
      { id: 2, batch: 'b' },
    ])
    const queryParameters = [
      { name: 'batch', parameterType: { type: 'STRING' }, parameterValue: { value: 'b' } },
    ]
    const answer = await fetch(`${bigquery.url}/bigquery/v2/projects/acme/queries`, {
      method: 'POST',
      headers: { authorization: 'Bearer example' },
      body: JSON.stringify({ query: 'SELECT id FROM sales.orders WHERE batch = @batch', queryParameters }),
    })
    const { rows } = (await answer.json()) as { rows: unknown }
    assert.deepEqual(rows, [{ f: [{ v: '2' }] }])
  })

  it('runs a query as a job, under the name that the client gave it', async () => {
    const bigquery = await serveBigQuery({ verify: bearer([scope('bigquery')]) })
    after(bigquery.close)
    bigquery.tables.set('acme.sales.orders', [{ item: 'lamp' }])
    const url = `${bigquery.url}/bigquery/v2/projects/acme`
    const headers = { authorization: 'Bearer example' }
    const job = (resource: object) =>
      fetch(`${url}/jobs`, { method: 'POST', body: JSON.stringify(resource), headers })
    const configuration = { query: { query: 'SELECT item FROM sales.orders' } }
    const named = await job({ configuration, jobReference: { jobId: 'mine' } })
    assert.partialDeepStrictEqual(await named.json(), {
      jobReference: { jobId: 'mine' },
      status: { state: 'DONE' },
    })
    const rows = await fetch(`${url}/queries/mine`, { headers })
    assert.partialDeepStrictEqual(await rows.json(), { jobComplete: true, rows: [{ f: [{ v: 'lamp' }] }] })
  })
})

describe('the cloud proxy', () => {
  it('leads a cloud host to loopback with a certificate that its authority signed, and nowhere else', async () => {
    const bigquery = await serveBigQuery({ verify: bearer([scope('bigquery')]) })
    const proxy = await serveCloudProxy({
      'bigquery.googleapis.com': bigquery.port,
      'sts.*.amazonaws.com': bigquery.port,
    })
    const folder = await mkdtemp(join(tmpdir(), 'mayfly-proxy-'))
    after(() => Promise.all([bigquery.close(), proxy.close(), rm(folder, { recursive: true })]))
    await writeFile(join(folder, 'ca.pem'), proxy.ca)
    const env = {
      HTTPS_PROXY: proxy.url,
      NODE_USE_ENV_PROXY: '1',
      NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
    }
    const status = (url: string) => fetchInChild(url, env)
    assert.equal(await status('https://bigquery.googleapis.com/bigquery/v2/projects/acme/queries/x'), '401')
    assert.equal(await status('https://sts.eu-west-1.amazonaws.com/'), '404')
    assert.equal(await status('https://www.example.com/'), 'failed')
    assert.equal(await status('https://sts.a.b.amazonaws.com/'), 'failed')
    assert.deepEqual(proxy.refused, ['www.example.com:443', 'sts.a.b.amazonaws.com:443'])
  })
})

function fetchInChild(url: string, env: Record<string, string>): Promise<string> {
  const code = `fetch(process.argv[1]).then((r) => r.status, () => 'failed').then((s) => console.log(s))`
  const child = spawn(process.execPath, ['-e', code, url], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve) => {
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    child.on('close', () => resolve(text.trim()))
  })
}

describe('the GitHub runner', () => {
  it('mints for the audience that was asked, and only for the job', async () => {
    const runner = await serveGithubRunner({ mint: (audience) => `token for ${audience}` })
    after(runner.close)
    const url = `${runner.env.ACTIONS_ID_TOKEN_REQUEST_URL}&audience=sts.amazonaws.com`
    assert.equal((await fetch(url)).status, 401)
    const authorization = `Bearer ${runner.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN}`
    const answer = await fetch(url, { headers: { authorization } })
    assert.deepEqual(await answer.json(), { count: 1, value: 'token for sts.amazonaws.com' })
  })
})
