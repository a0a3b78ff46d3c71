import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  account,
  gitlab,
  loader,
  mainBranch,
  pool as poolName,
  provider,
  roleArn,
  storyTrust,
  storyTrustWith,
  strangeKey,
  type TrustSide,
  tokenOf,
  trustSide,
  webIdentity,
} from '../../test/trust-side.ts'
import type { FederatedCredentialDocument } from '../registry/documents.ts'
import { nothingGiven } from '../registry/given.ts'
import { parseGiven } from '../registry/read-given.ts'
import { decisionOf } from '../trust/explain.ts'
import { readJwt } from '../wire/jws.ts'
import { explainOffline, type Target } from './explain-offline.ts'
import { unsignedToken } from './unsigned-token.ts'

const nowMs = Date.parse('2026-11-22T00:00:00Z')
const given = parseGiven(JSON.stringify(storyTrust), 'trust.yaml')
const role = { cloud: 'aws', roleArn: roleArn('deploy') } as const
const pool = { cloud: 'google', provider: `${provider}/gitlab` } as const
const account1 = { ...pool, serviceAccount: loader } as const

function offline(side: TrustSide, token: string, target: Target, keys = true) {
  const presented = { jwt: readJwt(token), unsigned: false }
  const jwks = keys ? { jwks: side.sts.keys.jwks } : {}
  return explainOffline({ trust: given, presented, target, nowMs: side.clock.now(), ...jwks })
}

type Told = { decision: string; status: number; code?: string | undefined; message?: string | undefined }

/** What the server says of the same, over its wire. */
async function online(side: TrustSide, token: string, target: Target): Promise<Told> {
  if (target.cloud === 'aws') {
    const answer = await side.form('/', webIdentity(token))
    const { status } = answer
    if (status === 200) return { decision: 'allow', status }
    return { decision: 'deny', status, code: answer.xml('Code'), message: answer.xml('Message') }
  }
  const name = target.cloud === 'google' ? target.provider : ''
  const exchanged = await side.form('/v1/token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    audience: name,
    scope: 'https://www.googleapis.com/auth/cloud-platform',
    subject_token: token,
  })
  const { access_token, error, error_description } = exchanged.json<Record<string, string>>()
  if (exchanged.status !== 200)
    return { decision: 'deny', status: exchanged.status, code: error, message: error_description }
  if (target.cloud !== 'google' || target.serviceAccount === undefined)
    return { decision: 'allow', status: 200 }
  const answer = await side.app.request(
    `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${target.serviceAccount}:generateAccessToken`,
    {
      method: 'POST',
      headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ scope: ['https://www.googleapis.com/auth/cloud-platform'] }),
    },
  )
  const body = (await answer.json()) as { error?: { status: string; message: string } }
  if (answer.status === 200) return { decision: 'allow', status: 200 }
  return { decision: 'deny', status: answer.status, code: body.error?.status, message: body.error?.message }
}

const googleAudience = `https:${provider}/gitlab`
const claims = fc.record({
  iss: fc.constantFrom(gitlab, gitlab, gitlab, 'https://gitlab.com/', 'https://other.example', undefined),
  sub: fc.constantFrom(
    mainBranch,
    mainBranch,
    mainBranch.toUpperCase(),
    'x',
    `${mainBranch}x`,
    'y'.repeat(130),
    7,
    undefined,
  ),
  aud: fc.constantFrom(
    'https://user-audience.test',
    googleAudience,
    ['https://user-audience.test'],
    ['https://user-audience.test', googleAudience],
    'x',
    [],
    undefined,
  ),
  azp: fc.constantFrom(undefined, undefined, 'https://user-audience.test', 'x'),
  namespace_path: fc.constantFrom('acme', 'acme', 'Acme', undefined),
  exp: fc.constantFrom(3600, 3600, -200, -400, 90_000, Number.NaN),
  nbf: fc.constantFrom(-5, -5, 400, 200, Number.NaN),
  signed: fc.constantFrom('by the issuer', 'by the issuer', 'by a stranger'),
})
const stranger = strangeKey('nobody')
/** A good token of somebody whom nothing binds to the service account: chance alone brings one too seldom. */
const notBound = {
  iss: gitlab,
  sub: 'x',
  aud: googleAudience,
  azp: undefined,
  namespace_path: 'acme',
  exp: 3600,
  nbf: -5,
  signed: 'by the issuer',
} as const

describe('explained offline', () => {
  test('is what the server decides, in its own words', async () => {
    const side = trustSide()
    const seen = new Set<string>()
    const property = fc.asyncProperty(claims, fc.constantFrom(role, pool, account1), async (made, target) => {
      const { exp, nbf, signed, ...rest } = made
      const at = (seconds: number) => (Number.isNaN(seconds) ? undefined : side.seconds() + seconds)
      const key = signed === 'by a stranger' ? { key: stranger } : {}
      const token = tokenOf(side, { ...rest, exp: at(exp), nbf: at(nbf) }, key)
      const { decision, checks, wire, nearMiss } = await offline(side, token, target)
      const { decision: decided, ...told } = await online(side, token, target)
      assert.deepEqual({ decision, ...wire }, { decision: decided, ...told })
      assert.equal(decisionOf(checks).decision, decision)
      assert.equal(nearMiss !== undefined, decision === 'deny')
      seen.add(`${decision} ${wire.code}`)
    })
    await fc.assert(property, { numRuns: 400, examples: [[notBound, account1]] })
    assert.ok(seen.size >= 6, [...seen].join())
  })

  test('says of a signature without a key that it was not checked', async () => {
    const side = trustSide()
    const { decision, checks } = await offline(side, tokenOf(side), role, false)
    assert.equal(decision, 'allow')
    assert.equal(checks.find(({ check }) => check === 'signature')?.outcome, 'not-checked')
  })

  test('checks a signature with a key that was uploaded with the provider', async () => {
    const side = trustSide()
    const jwksJson = JSON.stringify({ keys: side.sts.keys.jwks(gitlab) })
    const document = structuredClone(storyTrust) as unknown as {
      google: { pools: { providers: { oidc: object }[] }[] }[]
    }
    const gitlabProvider = document.google[0]!.pools[0]!.providers[1]!
    gitlabProvider.oidc = { ...gitlabProvider.oidc, jwksJson }
    const trust = parseGiven(JSON.stringify(document), 'trust.yaml')
    const outcome = async (token: string) => {
      const presented = { jwt: readJwt(token), unsigned: false }
      const { decision, checks } = await explainOffline({
        trust,
        presented,
        target: pool,
        nowMs: side.clock.now(),
      })
      return [decision, checks.find(({ check }) => check === 'signature')?.outcome]
    }
    assert.deepEqual(await outcome(tokenOf(side, { aud: googleAudience })), ['allow', 'pass'])
    const kid = side.sts.keys.signing(gitlab).kid
    const forged = tokenOf(side, { aud: googleAudience }, { key: strangeKey(kid) })
    assert.deepEqual(await outcome(forged), ['deny', 'fail'])
  })

  test('an expired token is denied with its times', async () => {
    const side = trustSide()
    const token = tokenOf(side, { exp: side.seconds() - 301 })
    const { checks, wire } = await offline(side, token, role)
    const { presented, expected } = checks.find(({ outcome }) => outcome === 'fail')!
    assert.match(
      `${presented} ${expected}`,
      /expires 2026-11-21T23:54:59.000Z valid at 2026-11-22T00:00:00.000Z/,
    )
    assert.equal(wire.code, 'ExpiredTokenException')
  })

  test('takes a provider of an account for granted where no document lists them, and says so', async () => {
    const { presented } = unsignedToken(
      { iss: gitlab, sub: mainBranch, aud: 'https://user-audience.test' },
      nowMs,
    )
    const policy = storyTrust.aws[0]!.roles[0]!.assumeRolePolicyDocument
    const trust = parseGiven(JSON.stringify(policy), 'policy.json')
    const target = { cloud: 'aws', roleArn: `arn:aws:iam::${account}:role/unnamed-role` } as const
    const { decision, checks } = await explainOffline({ trust, presented, target, nowMs })
    assert.equal(decision, 'allow')
    const open = checks.filter(({ outcome }) => outcome === 'not-checked').map(({ check }) => check)
    assert.deepEqual(open, ['issuer', 'signature', 'audience'])
  })

  test('a provider that does list its client IDs is checked by them', async () => {
    const { presented } = unsignedToken({ iss: gitlab, sub: mainBranch, aud: 'other' }, nowMs)
    const policy = storyTrust.aws[0]!.roles[0]!.assumeRolePolicyDocument
    const files = [{ ...policy }, { Url: 'gitlab.com', ClientIDList: ['https://user-audience.test'] }]
    const trust = parseGiven(JSON.stringify(files), 'policy.json')
    const target = { cloud: 'aws', roleArn: `arn:aws:iam::${account}:role/unnamed-role` } as const
    const { wire } = await explainOffline({ trust, presented, target, nowMs })
    assert.equal(wire.message, 'Incorrect token audience')
  })

  test("a role in the project's policy counts for an account as it does at the server", async () => {
    const members = [`principal://iam.googleapis.com/${poolName}/subject/${mainBranch}`]
    const bindings = [{ role: 'roles/iam.serviceAccountTokenCreator', members }]
    const document = storyTrustWith(['google', 0, 'bindings'], bindings)
    const side = trustSide({ document })
    const target = { ...pool, serviceAccount: 'closed@acme.iam.gserviceaccount.com' }
    const token = tokenOf(side, { aud: googleAudience })
    const trust = parseGiven(JSON.stringify(document), 'trust.yaml')
    const presented = { jwt: readJwt(token), unsigned: false }
    const { decision } = await explainOffline({ trust, presented, target, nowMs })
    assert.deepEqual([decision, (await online(side, token, target)).decision], ['allow', 'allow'])
    assert.equal((await offline(side, token, target)).decision, 'deny')
  })

  test('a provider that gcloud describes as deleted is none', async () => {
    const described = {
      name: `${provider.slice('//iam.googleapis.com/'.length)}/gitlab`,
      attributeMapping: { 'google.subject': 'assertion.sub' },
      oidc: { issuerUri: gitlab },
      state: 'DELETED',
      expireTime: '2026-12-22T00:00:00Z',
    }
    const { presented } = unsignedToken({ iss: gitlab, sub: mainBranch, aud: googleAudience }, nowMs)
    const trust = parseGiven(JSON.stringify(described), 'provider.json')
    const { decision, wire } = await explainOffline({ trust, presented, target: pool, nowMs })
    assert.deepEqual([decision, wire.code], ['deny', 'invalid_target'])
  })

  test('an AWS provider is asked with what get-caller-identity answers', async () => {
    const arn = `arn:aws:sts::${account}:assumed-role/loader-task/s`
    const decide = async (claims: Record<string, string>) => {
      const { presented } = unsignedToken(claims, nowMs)
      const target = { ...account1, provider: `${provider}/aws-provider` }
      const { decision, wire } = await explainOffline({ trust: given, presented, target, nowMs })
      return [decision, wire.code]
    }
    assert.deepEqual(await decide({ Arn: arn, Account: account, UserId: 'AROA:s' }), ['allow', undefined])
    assert.deepEqual(await decide({ Arn: arn.replaceAll(account, '999999999999'), UserId: 'AROA:s' }), [
      'deny',
      'invalid_grant',
    ])
    assert.deepEqual(await decide({ Arn: arn.replace('loader-task', 'other') }), [
      'deny',
      'PERMISSION_DENIED',
    ])
  })
})

describe('Entra, offline', () => {
  const github = 'https://token.actions.githubusercontent.com'
  const sub = 'repo:acme/shop:ref:refs/heads/main'
  const aud = 'api://AzureADTokenExchange'
  const exact: FederatedCredentialDocument = { name: 'main', issuer: github, subject: sub, audiences: [aud] }
  const decide = async (claims: Record<string, unknown>, ...documents: FederatedCredentialDocument[]) => {
    const credentials = documents.map((document) => ({ document, place: { file: '', line: () => 1 } }))
    const { presented } = unsignedToken({ iss: github, sub, aud, ...claims }, nowMs)
    const setting = {
      trust: { ...nothingGiven, credentials },
      presented,
      target: { cloud: 'entra' },
      nowMs,
    } as const
    const { decision, wire } = await explainOffline(setting)
    return decision === 'allow' ? 'allow' : /AADSTS(\d+)/.exec(wire.message ?? '')?.[1]
  }
  const cases: [what: string, claims: Record<string, unknown>, outcome: string][] = [
    ['all three equal', {}, 'allow'],
    ['another issuer', { iss: `${github}/` }, '700211'],
    ['another audience', { aud: aud.toUpperCase() }, '700212'],
    ['another subject', { sub: 'repo:acme/shop:pull_request' }, '700213'],
    ['a subject in another case', { sub: sub.replace('acme', 'Acme') }, '7002138'],
    ['a token that has expired', { exp: nowMs / 1000 - 301 }, '700024'],
  ]
  for (const [what, made, outcome] of cases)
    test(`${what}: ${outcome}`, async () => {
      assert.equal(await decide(made, exact), outcome)
    })

  test('the credential that came nearest names the error', async () => {
    const other = { ...exact, name: 'other', issuer: 'https://gitlab.com' }
    assert.equal(await decide({ aud: 'x' }, other, exact), '700212')
    assert.equal(await decide({ sub: 'x' }, exact, other), '700213')
  })
})
