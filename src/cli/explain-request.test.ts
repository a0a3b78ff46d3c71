import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { commandPlace } from '../../test/command-place.ts'
import { startSts, urlIn } from '../../test/sts-process.ts'
import { mainBranch, provider, roleArn, storyTrust, webIdentity } from '../../test/trust-side.ts'
import { issueToken } from '../issuer/issuer.ts'
import { keysFromFile } from '../keys/key-ring.ts'
import { encodeForm } from '../wire/form.ts'

const tenant = '11111111-2222-3333-4444-555555555555'
const client = '99999999-8888-7777-6666-555555555555'
const trust = {
  ...storyTrust,
  entra: [
    {
      tenantId: tenant,
      applications: [
        {
          appId: client,
          displayName: 'deployer',
          federatedIdentityCredentials: [
            {
              name: 'main',
              issuer: 'https://gitlab.com',
              subject: mainBranch,
              audiences: ['api://AzureADTokenExchange'],
            },
          ],
        },
      ],
    },
  ],
}

function folder(t: TestContext) {
  const { cwd, run } = commandPlace(t, { 'trust.yaml': trust })
  return { cwd, explain: (...args: string[]) => run('explain', ...args) }
}

async function running(t: TestContext, cwd: string, ...args: string[]) {
  const { said, until } = startSts(t, cwd, ['--port', '0', ...args])
  await until(/audit/)
  const keys = keysFromFile(join(cwd, '.mayfly', 'keys.json'), storyTrust.issuers)
  const token = (sub: string, aud: string) => {
    const made = { issuer: storyTrust.issuers[0]!, keys, nowMs: Date.now(), audience: [aud] }
    return issueToken({ ...made, claims: { sub } }).token.reveal()
  }
  const post = async (path: string, parameters: Parameters<typeof encodeForm>[0]) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await fetch(`${urlIn(said())}${path}`, {
      method: 'POST',
      headers,
      body: encodeForm(parameters),
    })
    return { status: answer.status, text: await answer.text() }
  }
  return { token, post }
}

const dev = mainBranch.replace('main', 'dev')
const audience = 'https://user-audience.test'

test('a refusal is explained by the RequestId that AWS’s answer has, as it is offline', async (t) => {
  const { cwd, explain } = folder(t)
  const { token, post } = await running(t, cwd)
  const presented = token(dev, audience)
  const { status, text } = await post('/', webIdentity(presented))
  const id = /<RequestId>(.+)<\/RequestId>/.exec(text)![1]!
  assert.equal(status, 403)
  const found = await explain('--request', id, '--json')
  writeFileSync(join(cwd, 'token'), presented)
  const offline = await explain(
    '--trust',
    'trust.yaml',
    '--token',
    'token',
    '--role',
    roleArn('deploy'),
    '--json',
  )
  const { decision, nearMiss, wire, target, checks, request } = found.json()
  const { checks: all, at: _, ...same } = offline.json()
  assert.equal(found.code, 1)
  assert.deepEqual({ decision, nearMiss, wire, target }, same)
  assert.deepEqual(checks, all.slice(-checks.length))
  assert.deepEqual([request.requestId, request.who.subject], [id, dev])
  const people = await explain(`--request=${id.toUpperCase()}`)
  assert.equal(people.code, 1)
  assert.match(
    people.out,
    /^DENY[\s\S]*nearest miss[\s\S]*wire +403 AccessDenied: Not authorized[\s\S]*request +/,
  )
})

test('by the trace ID of Entra’s answer, and of Google’s as the last one', async (t) => {
  const { cwd, explain } = folder(t)
  const { token, post } = await running(t, cwd)
  const { text } = await post(`/${tenant}/oauth2/v2.0/token`, {
    grant_type: 'client_credentials',
    client_id: client,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: token(dev, 'api://AzureADTokenExchange'),
    scope: 'https://graph.microsoft.com/.default',
  })
  const { trace_id: id } = JSON.parse(text)
  const entra = (await explain('--request', id, '--json')).json()
  assert.match(entra.wire.message, /^AADSTS700213/)
  assert.deepEqual(entra.target, { cloud: 'entra', application: `${tenant}/${client}` })
  await post('/v1/token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    audience: `${provider}/gitlab`,
    scope: 'https://www.googleapis.com/auth/cloud-platform',
    subject_token: token(mainBranch, 'https://other.example'),
  })
  const google = (await explain('--request', 'last', '--json')).json()
  assert.deepEqual(
    [google.wire.code, google.target],
    ['invalid_grant', { cloud: 'google', provider: `${provider}/gitlab` }],
  )
})

test('an audit file has what was allowed too, and ends with 0', async (t) => {
  const { cwd, explain } = folder(t)
  const { token, post } = await running(t, cwd, '--audit', 'audit.jsonl')
  const { text } = await post('/', webIdentity(token(mainBranch, audience)))
  const id = /<RequestId>(.+)<\/RequestId>/.exec(text)![1]!
  const kept = await explain('--request', id, '--audit', 'audit.jsonl')
  assert.deepEqual([kept.code, /^ALLOW[\s\S]*rule +the trust policy of/.test(kept.out)], [0, true])
  assert.equal((await explain('--request', id)).code, 2)
})

const unknown = '1b4e28ba-2fa1-41d2-883f-0016d3cca427'
for (const [what, args, words] of [
  [
    'an ID that nothing is kept of',
    ['--request', unknown, '--audit', 'audit.jsonl'],
    /no request 1b4e28ba[\s\S]*RequestId[\s\S]*trace_id/,
  ],
  ['what is no ID', ['--request', 'abc'], /is not the ID of a request[\s\S]*RequestId/],
  ['no ID', ['--request', ''], /is not the ID/],
  ['a service that has kept nothing', ['--request', unknown], /there is no .*refusals\.jsonl[\s\S]*--keys/],
  ['a folder for a file', ['--request', unknown, '--audit', '.'], /cannot be read \(EISDIR\)/],
  ['an unknown flag', ['--request', unknown, '--audits', 'x'], /did you mean --audit/],
] as const)
  test(`${what}: exit code 2`, async (t) => {
    const { cwd, explain } = folder(t)
    writeFileSync(join(cwd, 'audit.jsonl'), '')
    const { code, out, err } = await explain(...args)
    assert.deepEqual([code, out], [2, ''])
    assert.match(err, words)
  })
