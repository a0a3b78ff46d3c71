import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  account,
  deploySession,
  provider,
  roleArn,
  storyTrustWith,
  type TrustSide,
  trustSide,
} from '../../../test/trust-side.ts'
import type { AwsCredentials } from '../../credential.ts'
import { type SignableRequest, signHeaders } from '../../wire/sigv4.ts'
import { issueSession, verifyAccessToken } from '../public.ts'

const audience = `${provider}/aws-provider`
const callQuery = 'Action=GetCallerIdentity&Version=2011-06-15'

interface Relayed {
  url: string
  method: string
  headers: { key: string; value: string }[]
  [other: string]: unknown
}

interface Making {
  readonly host?: string
  readonly query?: string
  readonly nowMs?: number
  readonly signTarget?: boolean
  readonly target?: string
}

/** What a client library makes of AWS credentials: most leave the target out of the signature. */
function relayed(side: TrustSide, credentials: AwsCredentials, making: Making = {}): Relayed {
  const { host = 'sts.ap-northeast-2.amazonaws.com', query = callQuery, nowMs = side.clock.now() } = making
  const { signTarget = false, target = audience } = making
  const targetHeader = ['x-goog-cloud-target-resource', target] as const
  const request: SignableRequest = {
    method: 'POST',
    path: '/',
    query,
    headers: [['host', host], ...(signTarget ? [targetHeader] : [])],
    body: '',
  }
  const signed = signHeaders(request, { credentials, region: 'ap-northeast-2', service: 'sts', nowMs })
  const headers = [...request.headers, ...signed, ...(signTarget ? [] : [targetHeader])]
  return {
    url: `https://${host}?${query}`,
    method: 'POST',
    headers: headers.map(([key, value]) => ({ key, value })),
  }
}

async function taskSession(side: TrustSide): Promise<AwsCredentials> {
  const ask = { roleArn: roleArn('loader-task'), service: 'ecs-tasks.amazonaws.com', sessionName: 'task-1' }
  return issueSession(side.sts, ask)
}

function exchange(side: TrustSide, subjectToken: string, asked = audience) {
  return side.form('/v1/token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token_type: 'urn:ietf:params:aws:token-type:aws4_request',
    audience: asked,
    scope: 'https://www.googleapis.com/auth/cloud-platform',
    subject_token: subjectToken,
  })
}

const lowerCase = ({ headers, ...rest }: Relayed) => ({
  ...rest,
  headers: headers.map(({ key, value }) => ({ key: key.toLowerCase(), value })),
})
const reversed = ({ url, method, headers }: Relayed) => ({
  headers: headers.toReversed().map(({ key, value }) => ({ value, key })),
  method,
  url,
})

/** How each client library writes the JSON, before its form is encoded. */
const encodings: Readonly<Record<string, (made: Relayed) => string>> = {
  'Node: encodeURIComponent, names in lower case': (made) =>
    encodeURIComponent(JSON.stringify(lowerCase(made))),
  'Python: quote, blanks after separators, names in upper case': (made) =>
    encodeURIComponent(JSON.stringify(reversed(made), null, 1)).replace(
      /[!'()*~]/g,
      (c) => `%${c.charCodeAt(0).toString(16)}`,
    ),
  'Go and Java: a blank as +': (made) => encodeURIComponent(JSON.stringify(made)).replaceAll('%20', '+'),
  'PHP: slashes escaped in the JSON': (made) =>
    encodeURIComponent(JSON.stringify(made).replaceAll('/', '\\/')).replaceAll('%20', '+'),
  'not encoded once more': (made) => JSON.stringify(made),
}

for (const [what, encode] of Object.entries(encodings))
  test(`a signed request is read as its library writes it (${what})`, async () => {
    const side = trustSide()
    const answer = await exchange(side, encode(relayed(side, await taskSession(side))))
    assert.equal(answer.status, 200, answer.text)
    const token = answer.json().access_token as string
    const { principal } = verifyAccessToken(token, { keys: side.sts.keys, nowMs: side.clock.now() })
    assert.deepEqual(principal, {
      type: 'federated',
      pool: 'projects/111111111111/locations/global/workloadIdentityPools/bq-pool',
      subject: `arn:aws:sts::${account}:assumed-role/loader-task/task-1`,
      groups: [],
      attributes: { aws_role: 'loader-task' },
    })
  })

test('regional, global and Chinese hosts are taken, with a slash before the query or without', async () => {
  const side = trustSide()
  for (const host of [
    'sts.amazonaws.com',
    'sts.us-gov-west-1.amazonaws.com',
    'sts.cn-north-1.amazonaws.com.cn',
  ]) {
    const made = relayed(side, await taskSession(side), { host })
    for (const url of [made.url, made.url.replace('?', '/?')])
      assert.equal((await exchange(side, JSON.stringify({ ...made, url }))).status, 200, url)
  }
})

test('a target that is there twice is one, as Google’s library for Java writes it', async () => {
  const side = trustSide({ signedTargetOnly: true })
  const made = relayed(side, await taskSession(side), { signTarget: true })
  const headers = [...made.headers, { key: 'x-goog-cloud-target-resource', value: audience }]
  const answer = await exchange(side, JSON.stringify({ ...made, headers }))
  assert.equal(answer.status, 200, answer.text)
})

test('a signed target is verified like every signed header', async () => {
  const side = trustSide({ signedTargetOnly: true })
  const made = relayed(side, await taskSession(side), { signTarget: true })
  assert.equal((await exchange(side, JSON.stringify(made))).status, 200)
  // Aimed at another provider: the header says so now, and the signature does not.
  const other = `${provider}/gitlab`
  const headers = made.headers.map(({ key, value }) => ({ key, value: value === audience ? other : value }))
  await exchange(side, JSON.stringify({ ...made, headers }), other)
  assert.equal(side.records.at(-1)?.code, 'REQUEST_SIGNATURE')
})

test('an unsigned target is taken as Google takes it, unless the operator wants it signed', async () => {
  const lenient = trustSide()
  const strict = trustSide({ signedTargetOnly: true })
  assert.equal(
    (await exchange(lenient, JSON.stringify(relayed(lenient, await taskSession(lenient))))).status,
    200,
  )
  await exchange(strict, JSON.stringify(relayed(strict, await taskSession(strict))))
  assert.equal(strict.records.at(-1)?.code, 'PROOF_REQUEST')
})

const withQuery = (query: string) => (side: TrustSide, own: AwsCredentials) => relayed(side, own, { query })
const withUrl = (url: string) => (side: TrustSide, own: AwsCredentials) => ({ ...relayed(side, own), url })
const withHeader = (key: string, value: string) => (side: TrustSide, own: AwsCredentials) => {
  const made = relayed(side, own)
  return { ...made, headers: [...made.headers, { key, value }] }
}
const without = (name: string) => (side: TrustSide, own: AwsCredentials) => {
  const made = relayed(side, own)
  return { ...made, headers: made.headers.filter(({ key }) => key.toLowerCase() !== name) }
}

/** Requests that must not pass as a proof. */
const refusals: Readonly<
  Record<string, readonly [(side: TrustSide, own: AwsCredentials) => unknown, code: string]>
> = {
  'by plain HTTP': [withUrl(`http://sts.amazonaws.com?${callQuery}`), 'PROOF_REQUEST'],
  'to a host of the caller': [withUrl(`https://sts.evil.example?${callQuery}`), 'PROOF_REQUEST'],
  'to a host that ends like one of AWS': [
    withUrl(`https://sts.amazonaws.com.evil.example?${callQuery}`),
    'PROOF_REQUEST',
  ],
  'to a host that begins like one of AWS': [
    withUrl(`https://evil-sts.amazonaws.com?${callQuery}`),
    'PROOF_REQUEST',
  ],
  'to another service': [withUrl(`https://iam.amazonaws.com?${callQuery}`), 'PROOF_REQUEST'],
  'with user information': [withUrl(`https://sts.amazonaws.com@evil.example?${callQuery}`), 'PROOF_REQUEST'],
  'to a port': [withUrl(`https://sts.amazonaws.com:8443?${callQuery}`), 'PROOF_REQUEST'],
  'to a path': [withUrl(`https://sts.amazonaws.com/x?${callQuery}`), 'PROOF_REQUEST'],
  'with a fragment': [withUrl(`https://sts.amazonaws.com?${callQuery}#x`), 'PROOF_REQUEST'],
  'to another host than it is signed for': [
    withUrl(`https://sts.us-east-1.amazonaws.com?${callQuery}`),
    'PROOF_REQUEST',
  ],
  'by GET': [(side, own) => ({ ...relayed(side, own), method: 'GET' }), 'PROOF_REQUEST'],
  'for another action': [withQuery('Action=AssumeRole&Version=2011-06-15'), 'PROOF_REQUEST'],
  'for an action in another letter case': [
    withQuery('Action=getcalleridentity&Version=2011-06-15'),
    'PROOF_REQUEST',
  ],
  'for an action in an escape': [withQuery('Action=GetCaller%49dentity&Version=2011-06-15'), 'PROOF_REQUEST'],
  'for another version': [withQuery('Action=GetCallerIdentity&Version=2010-05-08'), 'PROOF_REQUEST'],
  'with the action twice': [withQuery(`Action=GetCallerIdentity&${callQuery}`), 'PROOF_REQUEST'],
  'with the action twice in another letter case': [
    withQuery(`action=AssumeRole&${callQuery}`),
    'PROOF_REQUEST',
  ],
  'with another parameter': [withQuery(`${callQuery}&RoleArn=x`), 'PROOF_REQUEST'],
  'that lives for more than fifteen minutes': [withQuery(`${callQuery}&X-Amz-Expires=901`), 'PROOF_REQUEST'],
  'with a body': [(side, own) => ({ ...relayed(side, own), body: 'Action=AssumeRole' }), 'PROOF_REQUEST'],
  'with two values of a header': [withHeader('HOST', 'sts.amazonaws.com'), 'PROOF_REQUEST'],
  'with a second target': [withHeader('x-goog-cloud-target-resource', `${provider}/gitlab`), 'PROOF_REQUEST'],
  'with a line break in a header': [withHeader('x-other', 'a\r\nb'), 'PROOF_REQUEST'],
  'without a target': [without('x-goog-cloud-target-resource'), 'PROOF_REQUEST'],
  'for another target': [
    (side, own) => relayed(side, own, { target: `${provider}/gitlab` }),
    'PROOF_REQUEST',
  ],
  'without a host': [without('host'), 'PROOF_REQUEST'],
  'without a signature': [without('authorization'), 'REQUEST_UNSIGNED'],
  'without its session token': [without('x-amz-security-token'), 'REQUEST_CREDENTIAL'],
  'sixteen minutes ago': [
    (side, own) => relayed(side, own, { nowMs: side.clock.now() - 960_000 }),
    'REQUEST_EXPIRED',
  ],
  'six minutes ahead': [
    (side, own) => relayed(side, own, { nowMs: side.clock.now() + 360_000 }),
    'REQUEST_NOT_YET_VALID',
  ],
  'and then altered': [
    (side, own) => {
      const made = relayed(side, own)
      const headers = made.headers.map(({ key, value }) => ({
        key,
        value: key === 'X-Amz-Date' ? value.replace(/.Z$/, '9Z') : value,
      }))
      return { ...made, headers }
    },
    'REQUEST_SIGNATURE',
  ],
  'as a list': [(side, own) => [relayed(side, own)], 'PROOF_REQUEST'],
  'with members that are no headers': [
    (side, own) => ({ ...relayed(side, own), headers: [{ key: 'a' }] }),
    'PROOF_REQUEST',
  ],
  'and is far too long': [withHeader('x-other', 'x'.repeat(25_000)), 'PROOF_REQUEST'],
}

for (const [what, [make, code]] of Object.entries(refusals))
  test(`a GetCallerIdentity request that was signed ${what} proves nothing`, async () => {
    const side = trustSide()
    const answer = await exchange(side, JSON.stringify(make(side, await taskSession(side))))
    assert.equal(side.records.at(-1)?.code, code, side.records.at(-1)?.reason)
    assert.equal(answer.status, 400)
    assert.equal(answer.json().access_token, undefined)
  })

test('a malformed request is told so in the words of Google', async () => {
  const side = trustSide()
  const broken = await exchange(
    side,
    JSON.stringify(withUrl('https://evil.example')(side, await taskSession(side))),
  )
  assert.equal(
    broken.text,
    '{"error":"invalid_request","error_description":"AWS request has invalid format."}',
  )
  assert.match(
    String((await exchange(side, '%7B')).json().error_description),
    /^Invalid format of AWS credentials:/,
  )
})

test('another account than the one of the provider is refused', async () => {
  const place = ['google', 0, 'pools', 0, 'providers', 0, 'aws', 'accountId']
  const side = trustSide({ document: storyTrustWith(place, '999999999999') })
  await exchange(side, JSON.stringify(relayed(side, await taskSession(side))))
  assert.equal(side.records.at(-1)?.code, 'PROOF_ACCOUNT')
})

test('a session of a role that nobody bound can be exchanged, and does nothing by itself', async () => {
  const side = trustSide()
  const answer = await exchange(side, JSON.stringify(relayed(side, await deploySession(side))))
  assert.equal(answer.status, 200)
})
