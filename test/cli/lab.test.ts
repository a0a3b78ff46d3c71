import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Environment } from '../../src/world.ts'
import { googleCredentials, trustFile } from '../fakes/cloud.ts'
import { checkout, mayfly, run } from '../fakes/run.ts'
import { may } from '../sdk-sts.ts'
import { account, role, roleArn, trusts } from '../trust-side.ts'
import { inLab, lab, skip } from './in-lab.ts'
import { emptied, emptyHome, started } from './surroundings.ts'

const node = process.execPath
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

async function lookAround(t: TestContext, flags: readonly string[], more: Environment = {}) {
  const ran = await inLab(t, flags, [node, here('look-around.mjs')], more)
  assert.equal(ran.code, 0, ran.err)
  return { ...JSON.parse(ran.out), err: ran.err, ms: ran.ms }
}

describe('a lab', { skip, concurrency: false }, () => {
  it('leads the clouds’ names to itself by certificates that Node takes as it is, and no other name anywhere', async (t) => {
    const { names, secure, ms } = await lookAround(t, [])
    t.diagnostic(`started, looked around and ended in ${Math.round(ms)} ms`)
    assert.deepEqual(names, {
      'sts.amazonaws.com': '127.0.0.1',
      'sts.googleapis.com': '127.0.0.1',
      'gitlab.com': '127.0.0.1',
      'metadata.google.internal': 'ENOTFOUND',
      'example.com': 'ENOTFOUND',
    })
    // AWS STS says to a request without parameters that there is no such operation.
    assert.deepEqual(secure, { 'https://sts.amazonaws.com/': 400, 'https://example.com/': 'ENOTFOUND' })
  })

  it('answers at the addresses that the platform has, and refuses or drops the others', async (t) => {
    const [absent, answers, silent] = ['ECONNREFUSED', 'answers', 'silent']
    const ecs = await lookAround(t, ['--platform', 'ecs'])
    assert.deepEqual(ecs.addresses, {
      '169.254.169.254': absent,
      '169.254.170.2': answers,
      '169.254.170.23': absent,
    })
    const gce = await lookAround(t, ['--platform', 'gce'])
    assert.deepEqual(gce.addresses, {
      '169.254.169.254': answers,
      '169.254.170.2': absent,
      '169.254.170.23': absent,
    })
    assert.equal(gce.names['metadata.google.internal'], '169.254.169.254')
    const dropping = await lookAround(t, ['--platform', 'ecs', '--absent', 'drop'])
    assert.deepEqual(dropping.addresses, {
      '169.254.169.254': silent,
      '169.254.170.2': answers,
      '169.254.170.23': silent,
    })
  })

  it('lets the author’s ECS container read BigQuery under `mayfly run`, with gcloud’s file byte for byte', async (t) => {
    const service = ['--service', 'bigquery.googleapis.com=http://127.0.0.1:9050']
    const program = ['node', join(checkout, 'demo/workloads/orders-service.mjs')]
    const beside = [
      'env',
      `GOOGLE_APPLICATION_CREDENTIALS=${googleCredentials}`,
      node,
      here('orders-in-lab.ts'),
    ]
    const without = await inLab(t, ['--platform', 'ecs', ...service], [...beside, ...program])
    assert.notEqual(without.code, 0)
    assert.match(without.err, /169\.254\.169\.254/)
    const under = await inLab(
      t,
      ['--platform', 'ecs', ...service],
      [...beside, mayfly, 'run', '--', ...program],
    )
    assert.deepEqual([under.code, under.out], [0, 'read 2 orders from BigQuery\n'], under.err)
  })

  it('gives a GitLab job of the right branch its role, and explains why another has none', async (t) => {
    const job = ['--platform', 'gitlab', '--audience', 'https://user-audience.test']
    const main = await lookAround(t, job)
    assert.equal(main.assumed, 'arn:aws:sts::123456789012:assumed-role/deploy/job')
    assert.equal(main.env.CI_COMMIT_BRANCH, 'main')
    const feature = await lookAround(t, [...job, '--claim', 'ref=feature'])
    assert.match(feature.assumed, /^AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity/)
    assert.match(feature.err, /^refused AssumeRoleWithWebIdentity of arn:aws:iam::123456789012:role\/deploy/m)
    assert.match(feature.err, /project_path:acme\/shop:ref_type:branch:ref:feature/)
  })

  it('takes roles from the AWS CLI as it is, and lets them be assumed at once', async (t) => {
    if (spawnSync('aws', ['--version']).status !== 0) return t.skip('the AWS CLI is not here')
    const home = await emptyHome(t)
    const trust = join(home.HOME, 'trust.json')
    const operator = role('operator', trusts({ Service: 'ecs-tasks.amazonaws.com' }, 'sts:AssumeRole'), {
      policies: [may('iam:CreateRole', 'sts:AssumeRole')],
    })
    writeFileSync(trust, JSON.stringify({ aws: [{ account, oidcProviders: [], roles: [operator] }] }))
    const policy = JSON.stringify(trusts({ AWS: account }, 'sts:AssumeRole'))
    const script = `aws iam create-role --role-name made --assume-role-policy-document '${policy}' --query Role.Arn &&
      aws sts assume-role --role-arn ${roleArn('made')} --role-session-name here --query AssumedRoleUser.Arn &&
      aws iam delete-role --role-name made`
    const command = [mayfly, 'lab', '--trust', trust, '--platform', 'ecs', '--', 'sh', '-c', script]
    const { out, err } = await run(command, { ...home, AWS_PAGER: '' })
    assert.match(
      out,
      /"arn:aws:iam::123456789012:role\/made"\n"arn:aws:sts::123456789012:assumed-role\/made\/here"/,
    )
    assert.match(err, /\(AccessDenied\).*not authorized to perform: iam:DeleteRole on resource: role made/)
    assert.match(err, /^refused DeleteRole of made by arn:aws:sts::123456789012:assumed-role\/operator/m)
  })

  it('has nothing of the caller’s own identity, and shows none of its logins', async (t) => {
    const home = await emptyHome(t)
    mkdirSync(join(home.HOME, '.aws/cli'), { recursive: true })
    writeFileSync(join(home.HOME, '.aws/config'), 'kept')
    writeFileSync(join(home.HOME, '.aws/credentials'), 'hidden')
    writeFileSync(join(home.HOME, '.aws/cli/cache'), 'hidden')
    const own = { AWS_ACCESS_KEY_ID: 'AKIAUSERSOWN', HTTPS_PROXY: 'http://127.0.0.1:1', GREETING: 'hello' }
    const script = 'env; cd ~/.aws; ls; cat config; echo hidden >>config.new; mkdir -p cli && touch cli/new'
    const { out, code } = await run(lab([], ['sh', '-c', script]), { ...home, ...own })
    assert.equal(code, 0)
    assert.doesNotMatch(out, /AKIAUSERSOWN|HTTPS_PROXY|hidden|MAYFLY/)
    assert.doesNotMatch(out, /^(credentials|cli)$/m)
    assert.match(out, /GREETING=hello\n/)
    assert.match(out, /kept$/)
    assert.deepEqual(readdirSync(join(home.HOME, '.aws')), ['cli', 'config', 'credentials'])
    assert.deepEqual(readdirSync(join(home.HOME, '.aws/cli')), ['cache'])
  })

  it('takes away what clients keep in a home that had no folder for it, and leaves everything else', async (t) => {
    const home = await emptyHome(t)
    const keeping = `cd ~; for each in .aws/cli/cache .config/gcloud/logs .config/own .azure .gsutil; do mkdir -p $each; echo kept >$each/file; done`
    const { code } = await run(lab([], ['sh', '-c', keeping]), home)
    assert.equal(code, 0)
    assert.deepEqual(readdirSync(home.HOME, { recursive: true }).sort(), [
      ...['.config', '.config/own', '.config/own/file'],
    ])
  })

  it('that ends leaves another its folders, and the last one takes them away', async (t) => {
    const home = await emptyHome(t)
    const keeping = 'mkdir ~/.aws/cli; exit'
    const [maker, other] = await Promise.all(
      ['exit', keeping].map(async (last) => {
        const waiting = `trap '${last}' TERM; echo ready; while :; do sleep 0.01; done`
        const job = started(['lab', '--trust', trustFile, '--', 'sh', '-c', waiting], home)
        await job.said('ready')
        return job
      }),
    )
    for (const each of [maker, other]) {
      assert.ok(readdirSync(home.HOME).includes('.aws'))
      each!.kill('SIGTERM')
      await each!.ended
    }
    await emptied(home.HOME)
  })

  it('needs no home, no folder for temporary files, and none of the certificates that its caller has set', async (t) => {
    const { PATH } = await emptyHome(t)
    const names = [
      'AWS_CA_BUNDLE',
      'REQUESTS_CA_BUNDLE',
      'NODE_EXTRA_CA_CERTS',
      'SSL_CERT_FILE',
      'SSL_CERT_DIR',
    ]
    const own = Object.fromEntries(names.map((name) => [name, '/no/such']))
    const job = ['--platform', 'gitlab', '--audience', 'https://user-audience.test']
    const { code, out, err } = await run(lab(job, [node, here('look-around.mjs')]), {
      ...{ PATH, TMPDIR: '/no/such' },
      ...own,
    })
    assert.equal(code, 0, err)
    const { env, assumed } = JSON.parse(out)
    assert.match(assumed, /assumed-role\/deploy\/job$/)
    assert.deepEqual([env.HOME, env.SSL_CERT_DIR], [undefined, undefined])
  })

  it('opens in another, and the inner one is what its command sees', async (t) => {
    const inner = lab(
      ['--platform', 'gitlab'],
      ['sh', '-c', 'echo $CI_PROJECT_PATH; [ -e /run/secrets ] || echo no secrets'],
    )
    const pod = ['--platform', 'eks', '--role', roleArn('uploader')]
    const { code, out, err } = await inLab(t, pod, inner)
    assert.deepEqual([out, code], ['acme/shop\nno secrets\n', 0], err)
  })

  it('moves the time of what is its own and of Mayfly in it, so that expiry is met without waiting', async (t) => {
    const issue = [mayfly, 'issue', 'gitlab', '--config', trustFile, '--claims']
    const later = await inLab(t, ['--at', '2030-01-01T00:00:00Z'], issue)
    const { iat } = JSON.parse(later.out)
    assert.equal(new Date(iat * 1000).toISOString().slice(0, 13), '2030-01-01T00')
    assert.match(later.err, /the time here is the lab's, 2030-01-01T00:/)
    const job = ['--platform', 'gitlab', '--audience', 'https://user-audience.test']
    // A job's token lives for an hour: 36 ms of the machine's time.
    const { assumed } = await lookAround(t, [...job, '--speed', '100000'])
    assert.match(assumed, /^ExpiredTokenException: Token expired/)
  })

  it('writes a line for every request, without what it proves itself by', async (t) => {
    const home = await emptyHome(t)
    const trace = join(home.HOME, 'trace')
    const curl = `await fetch('http://169.254.170.2' + process.env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, { headers: { authorization: 'own' } })`
    await run(lab(['--platform', 'ecs', '--trace', trace], [node, '-e', curl]), home)
    const traced = JSON.parse(readFileSync(trace, 'utf8'))
    assert.deepEqual([traced.at, traced.host, traced.status], ['169.254.170.2:80', '169.254.170.2', 200])
    assert.deepEqual(
      traced.headers.find(([name]: [string]) => name === 'authorization'),
      ['authorization', '[redacted]'],
    )
  })
})
