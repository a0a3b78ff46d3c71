import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startSts, urlIn } from '../../test/sts-process.ts'
import {
  account,
  mainBranch,
  roleArn,
  storyTrust,
  storyTrustWith,
  webIdentity,
} from '../../test/trust-side.ts'
import { issueToken } from '../issuer/issuer.ts'
import { keysFromFile } from '../keys/key-ring.ts'
import { encodeForm } from '../wire/form.ts'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'mayfly-sts-'))
  t.after(() => rmSync(path, { recursive: true }))
  writeFileSync(join(path, 'trust.yaml'), JSON.stringify(storyTrust))
  return path
}

test('a token service starts, exchanges, explains its refusals and stops', async (t) => {
  const place = folder(t)
  const { child, said, until } = startSts(t, place, [
    '--port',
    '0',
    '--audit',
    'audit.jsonl',
    '--audit-required',
  ])
  await until(/audit\.jsonl/)
  assert.match(said(), /token service for development.*2 issuers of its own, 2 OIDC providers, 4 roles/)
  const keys = keysFromFile(join(place, '.mayfly', 'keys.json'), storyTrust.issuers)
  const token = (claims: Record<string, unknown>) => {
    const made = {
      issuer: storyTrust.issuers[0]!,
      keys,
      nowMs: Date.now(),
      audience: ['https://user-audience.test'],
    }
    return issueToken({ ...made, claims }).token.reveal()
  }
  const exchange = (claims: Record<string, unknown>) =>
    fetch(`${urlIn(said())}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: encodeForm(webIdentity(token(claims))),
    })
  assert.equal((await exchange({ sub: mainBranch })).status, 200)
  const refused = await exchange({ sub: `${mainBranch}\u001b[2Jx\u202ey\u2028z` })
  assert.equal(refused.status, 403)
  assert.doesNotMatch(await refused.text(), /gitlab\.com:sub/)
  await until(/nearest miss/)
  assert.match(said(), /refused AssumeRoleWithWebIdentity of arn:aws:iam::123456789012:role\/deploy/)
  assert.match(said(), /gitlab\.com:sub/)
  for (const character of '\u001b\u202e\u2028')
    assert.ok(!said().includes(character), 'nothing of a token drives the terminal')
  const lines = readFileSync(join(place, 'audit.jsonl'), 'utf8').trim().split('\n')
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).decision),
    ['allow', 'deny'],
  )
  assert.equal(statSync(join(place, 'audit.jsonl')).mode & 0o777, 0o600)
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [0, null])
})

test('a trust file is read again when it changes, and a wrong one leaves the last good one in force', async (t) => {
  const place = folder(t)
  const { child, said, until } = startSts(t, place, ['--port', '0'])
  await until(/audit +none/)
  const nobody = encodeForm(webIdentity('x.y.z', { RoleArn: roleArn('nobody') }))
  assert.equal((await fetch(urlIn(said()), { method: 'POST', body: nobody })).status, 400)
  const effect = ['aws', 0, 'roles', 0, 'assumeRolePolicyDocument', 'Statement', 0, 'Effect']
  const wrong = storyTrustWith(effect, 'allow')
  writeFileSync(join(place, 'trust.yaml'), JSON.stringify(wrong))
  await until(/roles\[0\]\.assumeRolePolicyDocument[\s\S]*The last good trust stays in force/)
  const fewer = { ...storyTrust, aws: [{ account, oidcProviders: [], roles: [] }] }
  writeFileSync(join(place, 'trust.yaml'), JSON.stringify(fewer))
  await until(/was read again: .* 0 roles/)
  child.kill('SIGINT')
  assert.deepEqual(await once(child, 'exit'), [0, null])
})

for (const [args, exit, words] of [
  [['--port', 'x'], 2, /--port "x" is not a port/],
  [['--audit-required'], 2, /--audit-required needs --audit/],
  [['--limit', 'user=3/s'], 2, /--limit "user=3\/s": expected address=, caller=, issuer=/],
  [['--limit', 'caller=3'], 2, /--limit "caller=3": expected a number .*caller=20\/s/],
  [['--limit', 'caller=0/s'], 2, /expected a number from 1/],
  [['--limit', 'caller=3/s,caller=4/s'], 2, /caller is there twice/],
  [['extra'], 2, /takes no "extra"/],
  [['--config', 'nothing.yaml'], 1, /there is no trust file .*nothing\.yaml/],
  [['--host', '0.0.0.0'], 1, /0\.0\.0\.0 is not a loopback address/],
  [['--audit', 'no/such/folder'], 1, /AUDIT_WRITE/],
] as const)
  test(`mayfly sts ${args.join(' ')} is refused`, async (t) => {
    const { child, said } = startSts(t, folder(t), args)
    assert.deepEqual(await once(child, 'close'), [exit, null])
    assert.match(said(), words)
  })

test('keys rotate on a schedule that leaves a key a day before its use, and no other', async (t) => {
  const place = folder(t)
  for (const [every, words] of [
    ['1d', /--rotate-keys 1d is too often/],
    ['often', /--rotate-keys: "often" is not a duration/],
  ] as const) {
    const { child, said } = startSts(t, place, ['--port', '0', '--rotate-keys', every])
    const [code] = await once(child, 'close')
    assert.equal(code, 2)
    assert.match(said(), words)
  }
  await startSts(t, place, ['--port', '0', '--rotate-keys', '30d']).until(/token service for development/)
})

test('asked to end, it says that it is not ready, answers for a while yet, and ends; asked again, at once', async (t) => {
  const { child, said, until } = startSts(t, folder(t), ['--port', '0', '--drain', '1h'])
  await until(/audit +none/)
  const status = async (path: string) => (await fetch(`${urlIn(said())}${path}`)).status
  assert.deepEqual([await status('/healthz'), await status('/readyz')], [200, 200])
  child.kill('SIGTERM')
  await until(/stopping/)
  assert.deepEqual([await status('/healthz'), await status('/readyz')], [200, 503])
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [0, null])
})

test('a disk without room for the audit makes it not ready, and it says why', async (t) => {
  const { said, until } = startSts(t, folder(t), ['--port', '0', '--audit', '/dev/full', '--audit-required'])
  await until(/audit +\/dev\/full/)
  const url = urlIn(said())
  const body = encodeForm(webIdentity('x.y.z'))
  assert.equal((await fetch(`${url}/readyz`)).status, 200)
  assert.equal((await fetch(url, { method: 'POST', body })).status, 500)
  const ready = async () => (await fetch(`${url}/readyz`)).json() as Promise<{ status: string }>
  // A look is good for a second.
  let report = await ready()
  while (report.status === 'ready') report = await ready()
  assert.deepEqual(report, {
    status: 'not ready',
    checks: { keys: 'ok', store: 'ok', audit: 'AUDIT_WRITE' },
  })
  await until(/not ready: audit: the audit file \/dev\/full could not be written: ENOSPC/)
})
