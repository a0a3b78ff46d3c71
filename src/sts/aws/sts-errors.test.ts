import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import {
  assertComplete,
  common,
  errorOf,
  type Listed,
  modelled,
  type Never,
} from '../../../test/aws-errors.ts'
import { admin } from '../../../test/sdk-iam.ts'
import { may, served } from '../../../test/sdk-sts.ts'
import { roleArn, tokenOf } from '../../../test/trust-side.ts'
import type { AwsCredentials } from '../../credential.ts'
import { type ErrorCode, MayflyError, remedies } from '../../errors.ts'
import type { AwsAccountDocument } from '../../registry/documents.ts'
import { Secret } from '../../secret.ts'
import { awsError, iamError } from './errors.ts'
import { secretsOfUserKey } from './user-key.ts'

// Every error that the model of STS lists for an operation is provoked over HTTP, or it is said why it cannot arise.

const listed: Listed = {
  AssumeRole:
    'MalformedPolicyDocument PackedPolicyTooLarge RegionDisabledException ExpiredTokenException InvalidContextAssertion',
  AssumeRoleWithWebIdentity:
    'MalformedPolicyDocument PackedPolicyTooLarge IDPRejectedClaim IDPCommunicationError InvalidIdentityToken ExpiredTokenException RegionDisabledException',
  DecodeAuthorizationMessage: 'InvalidAuthorizationMessageException',
  GetAccessKeyInfo: '',
  GetCallerIdentity: '',
  GetFederationToken: 'MalformedPolicyDocument PackedPolicyTooLarge RegionDisabledException',
  GetSessionToken: 'RegionDisabledException',
  GetWebIdentityToken:
    'SessionDurationEscalationException OutboundWebIdentityFederationDisabledException JWTPayloadSizeExceededException',
}

const never: Never = [
  ['RegionDisabledException', '*', 'there are no regions to be switched off'],
  ['IDPRejectedClaim', '*', 'in no recording: what is wrong with a claim is InvalidIdentityToken'],
  ['IDPCommunicationError', '*', 'in no recording: keys that cannot be had are InvalidIdentityToken'],
  ['ExpiredTokenException', 'AssumeRole', 'credentials that have expired are ExpiredToken'],
]

type Fields = Readonly<Record<string, string>>

async function serving(t: TestContext, home: Partial<AwsAccountDocument> = {}) {
  const { side, server, session } = await served(t, { users: [admin], ...home })
  const { id } = admin.accessKeys[0]!
  const [secret = ''] = secretsOfUserKey(id, side.sts.keys.sealing)
  const user = { accessKeyId: id, secretAccessKey: new Secret(secret) }
  const { Credentials: given } = (await session('app', {}, { DurationSeconds: 900 })).answer
  const role = {
    accessKeyId: given!.AccessKeyId!,
    secretAccessKey: new Secret(given!.SecretAccessKey!),
    sessionToken: new Secret(given!.SessionToken!),
  }
  const call = (credentials: AwsCredentials, action: string, more: Fields) => {
    const fields = { ...goodOf[action], ...more, Action: action, Version: '2011-06-15' }
    return errorOf(server.url, { credentials, service: 'sts', fields })
  }
  return { side, user, role, call }
}

const goodOf: Readonly<Record<string, Fields>> = {
  AssumeRole: { RoleArn: roleArn('next'), RoleSessionName: 'job-7' },
  AssumeRoleWithWebIdentity: { RoleArn: roleArn('app'), RoleSessionName: 'job-7' },
  DecodeAuthorizationMessage: { EncodedMessage: 'nobody sealed this' },
  GetFederationToken: { Name: 'ann' },
  GetWebIdentityToken: { 'Audience.member.1': 'https://api.example', SigningAlgorithm: 'ES384' },
}

/** A policy that nothing packs into the room of a session. */
const large = JSON.stringify(may(...Array.from({ length: 12 }, (_, n) => `s3:${hash('sha256', `${n}`)}`)))
const context = {
  'ProvidedContexts.member.1.ProviderArn': 'arn:aws:iam::aws:contextProvider/IdentityCenter',
  'ProvidedContexts.member.1.ContextAssertion': 'sealed by nobody',
}
const longTags = Object.fromEntries(
  Array.from({ length: 40 }, (_, n) => [
    [`Tags.member.${n + 1}.Key`, `key-${n}`],
    [`Tags.member.${n + 1}.Value`, 'v'.repeat(256)],
  ]).flat(),
)

test('every error of the model is answered as it stands there, or cannot arise', async (t) => {
  const { side, user, role, call } = await serving(t)
  const closed = await serving(t, { outboundWebIdentityFederation: false })
  const token = (claims = {}) => ({ WebIdentityToken: tokenOf(side, claims) })
  const web = (more: Fields) => call(user, 'AssumeRoleWithWebIdentity', { ...token(), ...more })
  const provoked = new Set<string>()
  for (const [code, action, answered] of [
    ['MalformedPolicyDocument', 'AssumeRole', call(role, 'AssumeRole', { Policy: '{' })],
    ['PackedPolicyTooLarge', 'AssumeRole', call(role, 'AssumeRole', { Policy: large })],
    ['InvalidContextAssertion', 'AssumeRole', call(role, 'AssumeRole', context)],
    ['MalformedPolicyDocument', 'AssumeRoleWithWebIdentity', web({ Policy: '{' })],
    ['PackedPolicyTooLarge', 'AssumeRoleWithWebIdentity', web({ Policy: large })],
    ['InvalidIdentityToken', 'AssumeRoleWithWebIdentity', web(token({ aud: 'https://other.example' }))],
    ['ExpiredTokenException', 'AssumeRoleWithWebIdentity', web(token({ exp: side.seconds() - 3600 }))],
    ['MalformedPolicyDocument', 'GetFederationToken', call(user, 'GetFederationToken', { Policy: '{' })],
    ['PackedPolicyTooLarge', 'GetFederationToken', call(user, 'GetFederationToken', { Policy: large })],
    [
      'InvalidAuthorizationMessageException',
      'DecodeAuthorizationMessage',
      call(user, 'DecodeAuthorizationMessage', {}),
    ],
    [
      'SessionDurationEscalationException',
      'GetWebIdentityToken',
      call(role, 'GetWebIdentityToken', { DurationSeconds: '3600' }),
    ],
    [
      'OutboundWebIdentityFederationDisabledException',
      'GetWebIdentityToken',
      closed.call(closed.role, 'GetWebIdentityToken', {}),
    ],
    ['JWTPayloadSizeExceededException', 'GetWebIdentityToken', call(role, 'GetWebIdentityToken', longTags)],
  ] as const) {
    assert.deepEqual([action, ...(await answered)], [action, modelled[code], code])
    provoked.add(`${action} ${code}`)
  }
  assertComplete(listed, provoked, never)
})

test('what has no error there has none', async (t) => {
  const { user, call } = await serving(t)
  assert.deepEqual(await call(user, 'GetCallerIdentity', {}), [200, undefined])
  assert.deepEqual(await call(user, 'GetAccessKeyInfo', { AccessKeyId: user.accessKeyId }), [200, undefined])
  assert.deepEqual(await call(user, 'GetSessionToken', {}), [200, undefined])
})

test('no failure of ours has a code or a status that AWS does not know', () => {
  const known = { ...modelled, ...common }
  for (const code of Object.keys(remedies) as ErrorCode[])
    for (const words of [awsError, iamError])
      for (const on of ['true', 'false']) {
        const told = words(new MayflyError(code, { message: code, values: { on } }))
        assert.deepEqual([code, told.code, told.status], [code, told.code, known[told.code]])
      }
})
