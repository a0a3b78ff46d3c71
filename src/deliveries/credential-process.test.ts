import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fromProcess } from '@aws-sdk/credential-providers'
import { testClock } from '../../test/clock.ts'
import { awsCredential, awsPlan, fixedLease } from '../../test/fixed-lease.ts'
import { childEnvironment } from './child.ts'
import { commandLine, credentialProcess } from './credential-process.ts'

const awkward = ['/opt/my tools/it\'s "here"', '$HOME', '`id`', 'a #b', 'c ;d', '#', '\\', '', 'plain']

test('a POSIX shell reads back the very words, whatever is in them', () => {
  const line = commandLine(['printf', '%s\\0', ...awkward])
  const words = execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' }).split('\0').slice(0, -1)
  assert.deepEqual(words, awkward)
})

test('no # or ; follows a blank, where AWS SDK for JavaScript would cut the line', () => {
  assert.doesNotMatch(commandLine(awkward), /\s[#;]/)
})

test('a control character is refused, since it would be a line of its own in the file', () => {
  assert.throws(() => commandLine(['a\n[default]']), { code: 'CONFIG_FIELD' })
})

test('the AWS SDK runs the command of the default profile and takes what it prints', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "mayfly-it's a test-"))
  t.after(() => rm(directory, { recursive: true }))
  const answer = { Version: 1, AccessKeyId: 'ASIAIOSFODNN7EXAMPLE', SecretAccessKey: 'from-the-command' }
  const stub = join(directory, 'stub #1')
  await writeFile(
    stub,
    `#!/bin/sh\n[ "$*" = 'get deploy --format process' ] && echo '${JSON.stringify(answer)}'\n`,
  )
  await chmod(stub, 0o700)
  const world = { env: { HOME: directory }, clock: testClock(), http: noHttp, log: () => {} }
  const lease = fixedLease(() => awsCredential)
  const { changes } = await credentialProcess.deliver({
    lease,
    plan: awsPlan,
    directory,
    command: [stub],
    world,
  })
  const env = childEnvironment({ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'x', AWS_ROLE_ARN: 'x' }, changes)
  assert.equal(env.AWS_REGION, 'eu-west-1')
  assert.equal('AWS_CONTAINER_CREDENTIALS_FULL_URI' in env || 'AWS_ROLE_ARN' in env, false)

  const provided = await fromProcess({
    profile: 'default',
    configFilepath: env.AWS_CONFIG_FILE!,
    filepath: '/dev/null',
  })()
  assert.equal(provided.secretAccessKey, 'from-the-command')
})

const noHttp = async () => {
  throw new Error('a delivery makes no request')
}
