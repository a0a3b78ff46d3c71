import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GetWebIdentityTokenCommand } from '@aws-sdk/client-sts'
import { provider, refusal, served, withFields } from '../../../test/sdk-sts.ts'
import { account, role, roleArn, trusts } from '../../../test/trust-side.ts'
import { checkJws, readJwt, verificationKey } from '../../wire/jws.ts'
import { outboundIssuer } from '../../wire/outbound-issuer.ts'

const issuer = outboundIssuer(account)

for (const algorithm of ['RS256', 'ES384'] as const)
  test(`GetWebIdentityToken signs ${algorithm}, and whoever reads discovery can check it`, async (t) => {
    const { session, server, side } = await served(t)
    const { sts, answer: began } = await session('app', { 'https://aws.amazon.com/source_identity': 'alice' })
    const answer = await sts.send(
      new GetWebIdentityTokenCommand({
        Audience: ['https://api.example'],
        SigningAlgorithm: algorithm,
        Tags: [{ Key: 'job', Value: '7' }],
      }),
    )
    const jwt = readJwt(answer.WebIdentityToken!)
    const shelf = `${server.url}/issuers/${issuer.replace('https://', '')}`
    const discovery = (await (await fetch(`${shelf}/.well-known/openid-configuration`)).json()) as {
      issuer: string
      jwks_uri: string
      id_token_signing_alg_values_supported: string[]
    }
    assert.equal(discovery.issuer, issuer)
    assert.deepEqual(discovery.id_token_signing_alg_values_supported, ['RS256', 'ES384'])
    const { keys } = (await (await fetch(discovery.jwks_uri)).json()) as { keys: { kid: string }[] }
    checkJws(jwt, verificationKey(keys.find(({ kid }) => kid === jwt.header.kid))!)
    assert.equal(jwt.header.alg, algorithm)
    const { jti, ...claims } = jwt.claims
    assert.match(String(jti), /^[0-9a-f-]{36}$/)
    assert.deepEqual(claims, {
      iss: issuer,
      aud: 'https://api.example',
      sub: roleArn('app'),
      iat: side.seconds(),
      exp: side.seconds() + 300,
      'https://sts.amazonaws.com/': {
        aws_account: account,
        principal_id: 'arn:aws:iam::123456789012:role/app',
        source_region: 'eu-west-1',
        principal_tags: { team: 'shop' },
        original_session_exp: began.Credentials!.Expiration!.toISOString().replace('.000', ''),
        federated_provider: provider,
        source_identity: 'alice',
        request_tags: { job: '7' },
      },
    })
    assert.equal(answer.Expiration?.getTime(), (side.seconds() + 300) * 1000)
  })

test('the issuer of an account has the form of those of AWS, and another for each account', () => {
  assert.match(
    issuer,
    /^https:\/\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.tokens\.sts\.global\.api\.aws$/,
  )
  assert.notEqual(issuer, outboundIssuer('999999999999'))
})

test('GetWebIdentityToken is refused where it is off, and not published there', async (t) => {
  const { session, server } = await served(t, { outboundWebIdentityFederation: false })
  const { sts } = await session()
  const ask = new GetWebIdentityTokenCommand({ Audience: ['a'], SigningAlgorithm: 'ES384' })
  await assert.rejects(
    sts.send(ask),
    refusal(
      'OutboundWebIdentityFederationDisabledException',
      'Outbound web identity federation is disabled for your account',
      403,
    ),
  )
  const shelf = `${server.url}/issuers/${issuer.replace('https://', '')}`
  assert.equal((await fetch(`${shelf}/.well-known/jwks.json`)).status, 404)
})

test('policies limit audience, lifetime and algorithm of a token, and tags need a permission of their own', async (t) => {
  const condition = {
    'ForAllValues:StringEquals': { 'sts:IdentityTokenAudience': ['https://api.example'] },
    NumericLessThanEquals: { 'sts:DurationSeconds': 300 },
    StringEquals: { 'sts:SigningAlgorithm': 'ES384' },
  }
  const policy = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sts:GetWebIdentityToken', Resource: '*', Condition: condition }],
  }
  const trust = trusts({ Federated: provider }, 'sts:AssumeRoleWithWebIdentity')
  const { session } = await served(t, { roles: [role('app', trust, { policies: [policy] })] })
  const { sts } = await session()
  const good = { Audience: ['https://api.example'], SigningAlgorithm: 'ES384' }
  const send = (more: object) => sts.send(new GetWebIdentityTokenCommand({ ...good, ...more }))
  assert.ok((await send({})).WebIdentityToken)
  for (const more of [
    { Audience: ['https://api.example', 'https://other.example'] },
    { DurationSeconds: 301 },
    { SigningAlgorithm: 'RS256' },
  ])
    await assert.rejects(send(more), refusal('AccessDenied', /sts:GetWebIdentityToken/, 403))
  await assert.rejects(
    send({ Tags: [{ Key: 'a', Value: 'b' }] }),
    refusal('AccessDenied', /sts:TagGetWebIdentityToken/, 403),
  )
})

test('a token for others ends with the session at the latest, fits a header and is for somebody', async (t) => {
  const { session, side } = await served(t)
  const { sts } = await session('app', {}, { DurationSeconds: 900 })
  const good = { Audience: ['a', 'b'], SigningAlgorithm: 'RS256' }
  const send = (more: object) => sts.send(new GetWebIdentityTokenCommand({ ...good, ...more }))
  assert.deepEqual(readJwt((await send({ DurationSeconds: 900 })).WebIdentityToken!).claims.aud, ['a', 'b'])
  await assert.rejects(
    send({ DurationSeconds: 901 }),
    refusal('SessionDurationEscalationException', /beyond its original expiration/, 403),
  )
  const Tags = Array.from({ length: 50 }, (_, i) => ({ Key: `key-${i}`, Value: 'v'.repeat(256) }))
  await assert.rejects(send({ Tags }), refusal('JWTPayloadSizeExceededException', /exceeds the maximum/, 400))
  await assert.rejects(
    send({ Audience: [], SigningAlgorithm: 'HS256' }),
    refusal(
      'ValidationError',
      "2 validation errors detected: Value at 'audience' failed to satisfy constraint: Member must not be null; " +
        "Value 'HS256' at 'signingAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [RS256, ES384]",
      400,
    ),
  )
  assert.equal(side.records.at(-1)?.code, 'REQUEST_PARAMETER')
})

test('a token is of the caller: there is no origin of another, and no scope without one', async (t) => {
  const { session } = await served(t)
  const { sts } = await session()
  const good = { Audience: ['a'], SigningAlgorithm: 'RS256' }
  const send = (more: Readonly<Record<string, string>>) =>
    sts.send(withFields(new GetWebIdentityTokenCommand(good), more))
  for (const [more, text] of [
    [{ SubjectMode: 'OriginIdentity' }, /no trusted identity propagation context/],
    [{ Scope: 'read write' }, /only when SubjectMode is OriginIdentity/],
    [{ Scope: 'read,write' }, /'scope' failed to satisfy constraint/],
    [{ SubjectMode: 'Nobody' }, /enum value set: \[AWSIdentity, OriginIdentity\]/],
  ] as const)
    await assert.rejects(send(more), refusal('ValidationError', text, 400))
  assert.ok((await send({ SubjectMode: 'AWSIdentity' })).WebIdentityToken)
})

test('the global endpoint has no GetWebIdentityToken', async (t) => {
  const { side } = await served(t)
  const answer = await side.form('/', { Action: 'GetWebIdentityToken', Version: '2011-06-15' })
  assert.equal(answer.xml('Code'), 'InvalidAction')
})
