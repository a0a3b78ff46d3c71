import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { commandPlace } from '../../test/command-place.ts'
import { keysFromFile } from '../keys/key-ring.ts'
import { parseTrust } from '../registry/trust-file.ts'
import type { AwsIdentity } from '../sts/ask.ts'
import { encodeAuthorizationMessage } from '../sts/aws/authorization-message.ts'
import { compileSnapshot } from '../sts/snapshot.ts'

const allow = (Action: string, Condition?: object) => ({
  Version: '2012-10-17',
  Statement: [{ Sid: 'Home', Effect: 'Allow', Action, Resource: '*', ...(Condition && { Condition }) }],
})
const trustFor = (policy: object) => ({
  aws: [
    {
      account: '123456789012',
      users: [{ name: 'reports', accessKeys: [], policies: [policy] }],
    },
  ],
})
const reports: AwsIdentity = {
  type: 'aws',
  arn: 'arn:aws:iam::123456789012:user/reports',
  account: '123456789012',
  userId: 'AIDAREPORTS',
  credential: 'user',
}

/** A folder with a trust file and the refusal of a service that went by it. */
function refused(t: TestContext, policy: object, caller = reports) {
  const text = JSON.stringify(trustFor(policy))
  const { cwd, run } = commandPlace(t, { 'trust.yaml': text })
  const keys = keysFromFile(join(cwd, '.mayfly', 'keys.json'), [])
  const question = { action: 's3:PutObject', resource: 'arn:aws:s3:::home/a', keys: { 's3:prefix': 'work/' } }
  const registered = compileSnapshot(parseTrust(text, 'trust.yaml'))
  const message = encodeAuthorizationMessage(caller, registered, question, keys)
  const files = commandPlace(t, {
    'message.txt': `You are not authorized. Encoded authorization failure message: ${message}\n`,
  })
  const file = join(files.cwd, 'message.txt')
  return (...args: string[]) => run('explain', '--message', file, ...args)
}

test('a service’s refusal is explained by the encoded message in its answer', async (t) => {
  const explain = refused(t, allow('s3:PutObject', { StringEquals: { 's3:prefix': 'home/' } }))
  const { code, out } = await explain()
  assert.equal(code, 1)
  assert.match(out, /presented "work\/", expected "home\/"/)
  assert.match(out, /action +s3:PutObject\n/)
  assert.match(out, /by +arn:aws:iam::123456789012:user\/reports\n/)
  const json = (await explain('--json')).json()
  assert.deepEqual(
    [json.decision, json.message.context.action, json.message.explicitDeny],
    ['deny', 's3:PutObject', false],
  )
})

test('of a federated user it is said that the message has not whose policies decided', async (t) => {
  const arn = 'arn:aws:sts::123456789012:federated-user/ann'
  const userId = '123456789012:ann'
  const ann = { ...reports, arn, userId, credential: 'federated-user', federatedBy: reports.arn } as const
  const { code, out } = await refused(t, allow('s3:PutObject'), ann)()
  assert.equal(code, 1)
  assert.match(out, /does not say which user federated it/)
  assert.doesNotMatch(out, /not registered/)
})

test('where the policies would allow it now, what else refused it is said', async (t) => {
  const { code, out } = await refused(t, allow('s3:*'))()
  assert.equal(code, 1)
  assert.match(out, /a policy that the session was narrowed to refused, or one has changed since/)
})

test('a message of other keys, or none, cannot be used', async (t) => {
  const { run } = commandPlace(t, { 'trust.yaml': '{}', 'message.txt': 'abc' })
  const absent = await run('explain', '--message', 'message.txt')
  assert.deepEqual([absent.code, /code: KEY_FILE/.test(absent.err)], [2, true])
  const explain = refused(t, allow('s3:*'))
  const other = await explain('--keys', 'other.json')
  assert.deepEqual([other.code, /code: KEY_FILE/.test(other.err)], [2, true])
  const { cwd, run: again } = commandPlace(t, { 'trust.yaml': '{}', 'message.txt': 'abc' })
  keysFromFile(join(cwd, '.mayfly', 'keys.json'), []).sealing.seal('x', 'y')
  const altered = await again('explain', '--message', 'message.txt')
  assert.deepEqual([altered.code, /code: REQUEST_MESSAGE/.test(altered.err)], [2, true])
})
