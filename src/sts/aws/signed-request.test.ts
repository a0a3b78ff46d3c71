import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  deploySession,
  roleArn,
  signedForm,
  storyTrust,
  strangersKeys,
  type TrustSide,
  trustSide,
} from '../../../test/trust-side.ts'
import type { AwsCredentials } from '../../credential.ts'
import { Secret } from '../../secret.ts'
import type { SignableRequest } from '../../wire/sigv4.ts'
import { type AwsSession, newSecretAccessKey, sealSession } from './session.ts'

const whoAmI = { Action: 'GetCallerIdentity' }
const mismatch =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'
const invalidToken = 'The security token included in the request is invalid.'

type Made = SignableRequest | Promise<SignableRequest>

/** Signed requests that must not pass: what AWS answers, and our own code. */
const refusals: Readonly<
  Record<
    string,
    readonly [(side: TrustSide, own: AwsCredentials) => Made, status: number, code: string, message: string]
  >
> = {
  'without a signature': [
    () => ({
      method: 'POST',
      path: '/',
      query: 'Action=GetCallerIdentity&Version=2011-06-15',
      headers: [],
      body: '',
    }),
    403,
    'MissingAuthenticationToken',
    'Request is missing Authentication Token',
  ],
  'with an altered body': [
    (side, own) => {
      const request = signedForm(whoAmI, own, side.clock.now())
      return { ...request, body: `${request.body}&X=1` }
    },
    403,
    'SignatureDoesNotMatch',
    mismatch,
  ],
  'aimed at another action': [
    (side, own) => {
      const assume = { Action: 'AssumeRole', RoleArn: roleArn('named'), RoleSessionName: 'stolen' }
      const request = signedForm(whoAmI, own, side.clock.now())
      return { ...request, body: signedForm(assume, own, side.clock.now()).body }
    },
    403,
    'SignatureDoesNotMatch',
    mismatch,
  ],
  'with an altered header': [
    (side, own) => {
      const request = signedForm(whoAmI, own, side.clock.now())
      return {
        ...request,
        headers: request.headers.map(([k, v]) => [k, k === 'Host' ? 'sts.evil.example' : v] as const),
      }
    },
    403,
    'SignatureDoesNotMatch',
    mismatch,
  ],
  'with another secret': [
    (side, own) =>
      signedForm(whoAmI, { ...own, secretAccessKey: new Secret('x'.repeat(40)) }, side.clock.now()),
    403,
    'SignatureDoesNotMatch',
    mismatch,
  ],
  'more than fifteen minutes ago': [
    (side, own) => signedForm(whoAmI, own, side.clock.now() - 900_001),
    403,
    'SignatureDoesNotMatch',
    'Signature expired: 20261121T234459Z is now earlier than 20261121T234500Z (20261122T000000Z - 15 min.)',
  ],
  'more than fifteen minutes ahead': [
    (side, own) => signedForm(whoAmI, own, side.clock.now() + 901_000),
    403,
    'SignatureDoesNotMatch',
    'Signature not yet current: 20261122T001501Z is still later than 20261122T001500Z (20261122T000000Z + 15 min.)',
  ],
  'for another service': [
    (side, own) => signedForm(whoAmI, own, side.clock.now(), { service: 's3' }),
    403,
    'SignatureDoesNotMatch',
    "Credential should be scoped to correct service: 'sts'.",
  ],
  'without its session token': [
    (side, { accessKeyId, secretAccessKey }) =>
      signedForm(whoAmI, { accessKeyId, secretAccessKey }, side.clock.now()),
    403,
    'InvalidClientTokenId',
    invalidToken,
  ],
  "with another session's token": [
    async (side, own) => {
      const { sessionToken } = await deploySession(side)
      return signedForm(whoAmI, { ...own, sessionToken: sessionToken! }, side.clock.now())
    },
    403,
    'InvalidClientTokenId',
    invalidToken,
  ],
  'with an altered session token': [
    (side, own) => {
      const token = own.sessionToken!.reveal()
      const altered = token.slice(0, 40) + (token[40] === 'A' ? 'B' : 'A') + token.slice(41)
      return signedForm(whoAmI, { ...own, sessionToken: new Secret(altered) }, side.clock.now())
    },
    403,
    'InvalidClientTokenId',
    invalidToken,
  ],
  "with another token service's session": [
    async (side) => {
      const stranger = trustSide({ keys: strangersKeys() })
      return signedForm(whoAmI, await deploySession(stranger), side.clock.now())
    },
    403,
    'InvalidClientTokenId',
    invalidToken,
  ],
  'with a permanent key': [
    (side) =>
      signedForm(
        whoAmI,
        {
          accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
          secretAccessKey: new Secret('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
        },
        side.clock.now(),
      ),
    403,
    'InvalidClientTokenId',
    invalidToken,
  ],
  'with a record that was sealed for another purpose': [
    (side, own) => {
      const sealed = side.sts.keys.sealing.seal('google-access-token', 'x')
      return signedForm(whoAmI, { ...own, sessionToken: new Secret(sealed) }, side.clock.now())
    },
    403,
    'InvalidClientTokenId',
    invalidToken,
  ],
}

for (const [what, [make, status, code, message]] of Object.entries(refusals))
  test(`a request signed ${what} is refused in the words of AWS`, async () => {
    const side = trustSide()
    const answer = await side.send(await make(side, await deploySession(side)))
    assert.deepEqual([answer.status, answer.xml('Code'), answer.xml('Message')], [status, code, message])
  })

test('a session works until its very end, and is ExpiredToken from then on', async () => {
  const side = trustSide()
  const credentials = await deploySession(side, { DurationSeconds: 900 })
  side.clock.jump(899_999)
  assert.equal((await side.signed(whoAmI, credentials)).status, 200)
  side.clock.jump(1)
  const answer = await side.signed(whoAmI, credentials)
  assert.deepEqual(
    [answer.status, answer.xml('Code'), answer.xml('Message')],
    [403, 'ExpiredToken', 'The security token included in the request is expired'],
  )
})

test('a session ends with its role', async () => {
  const side = trustSide()
  const credentials = await deploySession(side)
  side.sts.register({ ...storyTrust, aws: [] })
  assert.equal((await side.signed(whoAmI, credentials)).xml('Code'), 'InvalidClientTokenId')
})

test('a session token can be read by nobody', async () => {
  const side = trustSide()
  const session: AwsSession = {
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    secretAccessKey: newSecretAccessKey(),
    account: '123456789012',
    principal: { type: 'role', roleName: 'deploy', roleId: 'AROA', sessionName: 'job-7' },
    issuedAtMs: 0,
    expiresAtMs: 1,
  }
  const sealed = sealSession(session, side.sts.keys.sealing)
  const text = Buffer.from(sealed, 'base64url').toString('latin1')
  assert.doesNotMatch(text, /deploy|job-7|123456789012/)
  assert.ok(!text.includes(session.secretAccessKey.reveal()))
})
