import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
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
  [['--metrics', 'nowhere'], 2, /--metrics "nowhere" is no address: expected PORT or HOST:PORT/],
  [['--log', 'xml'], 2, /--log "xml": expected text or json/],
  [['--drain', 'soon'], 2, /--drain: "soon" is not a duration/],
  [['--faults', '--host', '0.0.0.0', '--allow-public-address'], 2, /--faults with --host 0\.0\.0\.0/],
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

test('its metrics are at an address of their own, which pages cannot read', async (t) => {
  const { said, until } = startSts(t, folder(t), ['--port', '0', '--metrics', '0'])
  await until(/audit +none/)
  const at = /metrics +(http:\/\/127\.0\.0\.1:\d+)\/metrics/.exec(said())![1]!
  assert.equal((await fetch(`${urlIn(said())}/metrics`)).status, 404, 'not where callers are')
  await fetch(urlIn(said()), { method: 'POST', body: encodeForm(webIdentity('x.y.z')) })
  const text = await (await fetch(`${at}/metrics`)).text()
  assert.match(text, /^mayfly_decisions_total\{front_end="aws-sts",.*code="PROOF_MALFORMED"\} 1$/m)
  assert.match(text, /^mayfly_registered\{kind="role"\} 4$/m)
  assert.match(text, /^mayfly_ready 1$/m)
  assert.match(text, /^mayfly_key_age_seconds\{use="sealing"\} \d/m)
  assert.match(text, /^process_cpu_seconds_total /m)
  assert.equal((await fetch(`${at}/readyz`)).status, 200)
  assert.equal((await fetch(`${at}/metrics`, { headers: { origin: 'https://evil.example' } })).status, 403)
  assert.equal((await fetch(`${at}/`)).status, 404)
})

test('its log is a line of JSON for every decision where that was asked for, without a token', async (t) => {
  const place = folder(t)
  const { child, until } = startSts(t, place, ['--port', '0', '--log', 'json'])
  let text = ''
  child.stderr!.on('data', (chunk) => {
    text += chunk
  })
  await until(/"msg":"started"/)
  const keys = keysFromFile(join(place, '.mayfly', 'keys.json'), storyTrust.issuers)
  const token = issueToken({
    issuer: storyTrust.issuers[0]!,
    keys,
    nowMs: Date.now(),
    audience: ['https://user-audience.test'],
    claims: { sub: mainBranch },
  }).token.reveal()
  const { url } = JSON.parse(text.split('\n')[0]!)
  const answer = await fetch(url, { method: 'POST', body: encodeForm(webIdentity(token)) })
  assert.equal(answer.status, 200)
  await fetch(url, { method: 'POST', body: encodeForm(webIdentity('x.y.z')) })
  await until(/refused/)
  child.kill('SIGTERM')
  await once(child, 'exit')
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    lines.map(({ level, msg }) => `${level}: ${msg}`),
    [
      'info: started',
      'info: AssumeRoleWithWebIdentity allowed',
      'warn: AssumeRoleWithWebIdentity refused',
      'info: stopping',
    ],
  )
  assert.equal(lines[1].who.subject, mainBranch)
  assert.equal(lines[2].code, 'PROOF_MALFORMED')
  assert.ok(
    !text.includes(token) && !text.includes((await answer.text()).match(/<SecretAccessKey>(.*?)</)![1]!),
  )
})

test('faults are off unless asked for; then whoever may read its file has them, until it ends', async (t) => {
  const place = folder(t)
  const { child, said, until } = startSts(t, place, ['--port', '0', '--faults'])
  await until(/faults +on: curl -K .*faults\.curl/)
  const file = join(place, '.mayfly', 'faults.curl')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const written = readFileSync(file, 'utf8')
  const [, url = ''] = /^url = "(http:\/\/127\.0\.0\.1:\d+\/faults)"$/m.exec(written) ?? []
  const [, authorization = ''] = /^header = "Authorization: (Bearer [\w-]{43})"$/m.exec(written) ?? []
  const fault = (headers: Record<string, string>) =>
    fetch(url, { method: 'POST', headers, body: '{"throttle":[{"next":1}]}' })
  assert.equal((await fault({})).status, 401)
  assert.equal((await fault({ authorization, origin: 'https://evil.example' })).status, 403)
  assert.equal((await fault({ authorization })).status, 200)
  assert.ok(!said().includes(authorization.slice(7)), 'the bearer is in its file alone')
  const exchange = async () =>
    (await fetch(urlIn(said()), { method: 'POST', body: encodeForm(webIdentity('x.y.z')) })).text()
  assert.match(await exchange(), /Throttling/)
  assert.match(await exchange(), /InvalidIdentityToken/)
  assert.equal((await fetch(`${urlIn(said())}/faults`)).status, 404, 'not where callers are')
  child.kill('SIGTERM')
  await once(child, 'exit')
  assert.ok(!existsSync(file))
})
