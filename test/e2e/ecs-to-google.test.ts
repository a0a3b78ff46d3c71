import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { principalName } from '../../src/sts/google/access-token.ts'
import type { Environment } from '../../src/world.ts'
import { type Cloud, googleCredentials, startCloud } from '../fakes/cloud.ts'
import type { EcsAgent } from '../fakes/ecs-agent.ts'
import { mayfly, run } from '../fakes/run.ts'

// Stories 1 and 2: programs on ECS and Batch, the JSON that gcloud wrote, and nothing else. With the agent at its own
// address, in a network namespace: test/cli/lab.test.ts.

let cloud: Cloud
let agent: EcsAgent
let task: Environment

before(async () => {
  cloud = await startCloud()
  cloud.bigquery.tables.set('acme.sales.orders', [
    { id: 1, item: 'lamp' },
    { id: 2, item: 'desk' },
  ])
  agent = await cloud.ecs('loader-task')
  task = { ...cloud.env, ...agent.withTaskRole, GOOGLE_APPLICATION_CREDENTIALS: googleCredentials }
})
after(() => cloud.close())

const service = ['node', 'demo/workloads/orders-service.mjs']
const loader = ['node', 'demo/workloads/load-orders.mjs']
const underMayfly = (command: readonly string[]) => [mayfly, 'run', '--', ...command]
const serviceAccount = 'serviceAccount:loader@acme.iam.gserviceaccount.com'
// The start of a Node.js on a busy machine, and well below any time-out of a metadata service.
const atOnceMs = 5_000

describe('a program on ECS with the credential file of gcloud', () => {
  it('fails without Mayfly, since its library asks for the credentials of an EC2 instance', async () => {
    const ran = await run(service, task)
    assert.notEqual(ran.code, 0)
    assert.match(ran.err, /169\.254\.169\.254/)
  })

  it('is authorised under `mayfly run`, by the task role and the file byte for byte', async () => {
    const ran = await run(underMayfly(service), task)
    assert.deepEqual({ code: ran.code, out: ran.out }, { code: 0, out: 'read 2 orders from BigQuery\n' })
    assert.equal(principalName(cloud.bigquery.seen.at(-1)!.identity), serviceAccount)
    const exchanged = cloud.records.find(({ action }) => action === 'TokenExchange')
    assert.match(exchanged?.who?.arn ?? '', /:assumed-role\/loader-task\//)
  })

  it('inserts rows into BigQuery with its own client library and reads them back', async () => {
    cloud.bigquery.tables.delete('acme.sales.orders')
    const ran = await run(underMayfly(loader), { ...task, AWS_BATCH_JOB_ID: 'f1b0c3de' })
    assert.equal(ran.out, 'inserted 3 rows, read back lamp, desk, chair\n', ran.err)
    const calls = new Set(cloud.bigquery.seen.map(({ call }) => call.split(' ', 1)[0]))
    assert.ok(
      calls.has('tabledata.insertAll') && calls.has('jobs.query') && calls.has('jobs.getQueryResults'),
    )
    assert.equal(cloud.bigquery.tables.get('acme.sales.orders')?.length, 3)
  })

  it('finds no credential in its environment', async () => {
    const printing = ['node', '-e', 'console.log(JSON.stringify(process.env))']
    const ran = await run(underMayfly(printing), task)
    const values = Object.values(JSON.parse(ran.out) as Record<string, string>).join('\n')
    const { accessKeyId, secretAccessKey, sessionToken } = agent.rotations.at(-1)!
    for (const secret of [accessKeyId, secretAccessKey.reveal(), sessionToken!.reveal(), 'ya29.', 'eyJ'])
      assert.ok(!values.includes(secret))
  })

  it('hears at once that only the execution role is set', async () => {
    const job = { ...cloud.env, ...agent.withoutTaskRole, GOOGLE_APPLICATION_CREDENTIALS: googleCredentials }
    const ecs = await run(underMayfly(loader), job)
    assert.equal(ecs.code, 1)
    assert.match(ecs.err, /^code: SOURCE_TASK_ROLE/m)
    assert.match(ecs.err, /^error: .*task role \(taskRoleArn\)/)
    const batch = await run(underMayfly(loader), { ...job, AWS_BATCH_JOB_ID: 'f1b0c3de' })
    assert.match(batch.err, /^error: .*job role \(jobRoleArn\)/)
    assert.ok(ecs.ms < atOnceMs && batch.ms < atOnceMs, `${ecs.ms} ms, ${batch.ms} ms`)
  })

  it('never gets another identity when the endpoint of its task role fails', async () => {
    const gone = { ...task, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/gone' }
    const before = cloud.records.length
    // An identity that a chain of sources would fall through to.
    const { accessKeyId, secretAccessKey, sessionToken } = await cloud.session('loader-task', 'node')
    const node = {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey.reveal(),
      AWS_SESSION_TOKEN: sessionToken!.reveal(),
    }
    const ran = await run(underMayfly(service), { ...gone, ...node })
    assert.equal(ran.code, 1)
    assert.match(ran.err, /^code: SOURCE_FAILED/m)
    assert.deepEqual(cloud.records.slice(before + 1), [])
  })

  it('is refused in the words of Google, and explained to the operator, with another task role', async () => {
    const other = await cloud.ecs('reports-task')
    const ran = await run(underMayfly(service), { ...task, ...other.withTaskRole })
    assert.equal(ran.code, 1)
    assert.match(ran.err, /Permission 'iam\.serviceAccounts\.getAccessToken' denied on resource/)
    assert.match(ran.err, /^code: EXCHANGE_REFUSED/m)
    const { code, checks = [] } = cloud.records.at(-1)!
    assert.equal(code, 'TRUST_DENIED')
    const failed = checks.find(({ check }) => check === 'binding')
    assert.match(String(failed?.presented), /\/reports-task$/)
    assert.match(String(failed?.expected), /\/loader-task$/)
  })

  it('hears which field of a broken file is wrong', async () => {
    const { type: _, ...untyped } = JSON.parse(await readFile(googleCredentials, 'utf8'))
    const broken = { ...untyped, type: 'external_account', token_url: 7 }
    for (const [content, code, says] of [
      [untyped, 'CONFIG_TYPE', /type/],
      [broken, 'CONFIG_FIELD', /token_url/],
    ] as const) {
      const file = join(cloud.home, 'broken.json')
      await writeFile(file, JSON.stringify(content))
      const ran = await run(underMayfly(service), { ...task, GOOGLE_APPLICATION_CREDENTIALS: file })
      assert.equal(ran.code, 1)
      assert.match(ran.err, new RegExp(`^code: ${code}`, 'm'))
      assert.match(ran.err, says)
    }
  })
})
