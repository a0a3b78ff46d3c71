import assert from 'node:assert/strict'
import type { AwsCredentials } from '../../src/credential.ts'
import { Secret } from '../../src/secret.ts'
import type { StsResponse } from '../../src/sts/ask.ts'
import { secretsOfUserKey } from '../../src/sts/aws/user-key.ts'
import { userKeyId } from '../../src/wire/aws-ids.ts'
import { readXmlText } from '../../src/wire/aws-query.ts'
import { encodeForm } from '../../src/wire/form.ts'
import { signHeaders } from '../../src/wire/sigv4.ts'
import { account, allows, awsTrust, gitlab, role, roleArn, storyTrust, trusts } from '../trust-side.ts'
import type { Target } from './target.ts'
import { type FuzzedService, inOrder, keysOf, openFuzzed, requestsIn } from './token-service.ts'

const everybody = trusts({ AWS: account }, 'sts:AssumeRole', {
  StringLike: { 'aws:PrincipalTag/team': ['a*', `\${aws:username}`] },
})
const reading = allows('s3:GetObject', 'arn:aws:s3:::pictures/*')
const accessKeyId = userKeyId(account)
const admin = {
  name: 'admin',
  path: '/',
  policies: [],
  accessKeys: [{ id: accessKeyId }],
  managedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'],
}
const document = awsTrust({
  ...storyTrust.aws[0]!,
  roles: [role('mine', trusts({ AWS: account }, 'sts:*'))],
  users: [admin],
  outboundWebIdentityFederation: true,
})
const keys = keysOf(document)
const credentials: AwsCredentials = {
  accessKeyId,
  secretAccessKey: new Secret(secretsOfUserKey(accessKeyId, keys.sealing)[0]!),
}

/** Parameters a line each, as they are before a form is made of them. */
const call = (service: string, parameters: Readonly<Record<string, string>>) =>
  [service, ...Object.entries(parameters).map(([name, value]) => `${name}=${value}`)].join('\n')
const iam = (Action: string, parameters: Readonly<Record<string, string>> = {}) =>
  call('iam', { Action, Version: '2010-05-08', ...parameters })
const sts = (Action: string, parameters: Readonly<Record<string, string>> = {}) =>
  call('sts', { Action, Version: '2011-06-15', ...parameters })
const named = { RoleName: 'fuzzed' }
const policy = (document: object) => ({ PolicyDocument: JSON.stringify(document) })
const policyArn = `arn:aws:iam::${account}:policy/team/fuzzed`
const created = iam('CreateRole', {
  ...named,
  AssumeRolePolicyDocument: JSON.stringify(everybody),
  Path: '/team/',
  Description: 'of nobody',
  MaxSessionDuration: '7200',
  'Tags.member.1.Key': 'team',
  'Tags.member.1.Value': 'shop',
})

const corpus = [
  inOrder(created, iam('UpdateAssumeRolePolicy', { ...named, ...policy(everybody) }), iam('GetRole', named)),
  inOrder(
    created,
    iam('PutRolePolicy', { ...named, PolicyName: 'all', ...policy(reading) }),
    iam('DeleteRolePolicy', { ...named, PolicyName: 'all' }),
    iam('DeleteRole', named),
  ),
  inOrder(
    iam('CreatePolicy', { PolicyName: 'fuzzed', Path: '/team/', Description: 'x', ...policy(reading) }),
    iam('CreatePolicyVersion', { PolicyArn: policyArn, SetAsDefault: 'true', ...policy(reading) }),
    created,
    iam('AttachRolePolicy', { ...named, PolicyArn: policyArn }),
    iam('DeletePolicy', { PolicyArn: policyArn }),
  ),
  inOrder(
    iam('CreateOpenIDConnectProvider', {
      Url: 'https://issuer.example/team',
      'ClientIDList.member.1': 'x',
      'ThumbprintList.member.1': 'a'.repeat(40),
    }),
    iam('AddClientIDToOpenIDConnectProvider', {
      OpenIDConnectProviderArn: `arn:aws:iam::${account}:oidc-provider/issuer.example/team`,
      ClientID: 'y',
    }),
    iam('ListOpenIDConnectProviders'),
  ),
  inOrder(
    created,
    iam('TagRole', { ...named, 'Tags.member.1.Key': 'Team', 'Tags.member.1.Value': '' }),
    iam('UntagRole', { ...named, 'TagKeys.member.1': 'team' }),
    iam('ListRoles', { MaxItems: '1', PathPrefix: '/team/' }),
  ),
  sts('AssumeRole', {
    RoleArn: roleArn('mine'),
    RoleSessionName: 'job-7',
    DurationSeconds: '900',
    Policy: JSON.stringify(reading),
    'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
    'Tags.member.1.Key': 'team',
    'Tags.member.1.Value': 'shop',
    'TransitiveTagKeys.member.1': 'team',
    SourceIdentity: 'somebody',
  }),
  inOrder(
    sts('GetFederationToken', { Name: 'somebody', Policy: JSON.stringify(reading) }),
    sts('GetSessionToken', { DurationSeconds: '900' }),
    sts('GetCallerIdentity'),
  ),
  inOrder(
    sts('GetWebIdentityToken', {
      'Audience.member.1': 'x',
      SigningAlgorithm: 'RS256',
      DurationSeconds: '60',
    }),
    sts('DecodeAuthorizationMessage', { EncodedMessage: 'x' }),
    sts('GetAccessKeyInfo', { AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' }),
  ),
]

const words = [
  ...[
    '\n',
    '=',
    '{',
    '}',
    '"',
    '[',
    ']',
    ',',
    ':',
    '.member.1',
    '.member.999',
    '.Key=',
    '.Value=',
    '\\u0000',
    '\n~\n',
  ],
  ...[
    'Action=',
    'RoleName=',
    'PolicyName=',
    'PolicyDocument=',
    'PathPrefix=',
    'Marker=',
    'MaxItems=',
    'Policy=',
  ],
  ...[
    'iam\n',
    'sts\n',
    'Version=2010-05-08',
    'ListRoles',
    'GetRole',
    'DeleteRole',
    'CreateRole',
    'fuzzed',
    'mine',
  ],
  ...[
    gitlab,
    '"Condition":{',
    '"NotAction":',
    `\${aws:username}`,
    'arn:aws:iam::',
    '"Statement":',
    '"Effect":"Deny"',
  ],
]

/** Calls of IAM and STS by a user who may do everything: the signature always holds. */
export const awsCallTargets: readonly Target[] = [
  {
    name: 'aws-calls',
    corpus,
    words,
    refusals: [],
    async read(text) {
      const service = await openFuzzed(document, keys)
      service.secrets.push(credentials.secretAccessKey.reveal())
      for (const each of requestsIn(text)) await called(each, service)
      await service.close()
    },
  },
]

interface Call {
  readonly iam: boolean
  readonly parameters: readonly (readonly [name: string, value: string])[]
}

function callIn(text: string): Call {
  const [service = '', ...lines] = text.split('\n')
  const parameters = lines.map((line) => {
    const [name = '', ...value] = line.split('=')
    return [name, value.join('=')] as const
  })
  return { iam: service.includes('iam'), parameters }
}

async function called(text: string, service: FuzzedService): Promise<void> {
  const call = callIn(text)
  const { status, body } = await ask(call, service)
  if (status !== 200) return
  for (const tag of ['SecretAccessKey', 'SessionToken', 'WebIdentityToken']) {
    const secret = readXmlText(body, tag)
    if (secret !== undefined) service.secrets.push(secret)
  }
  await readBack(new Map(call.parameters), service)
}

function ask({ iam, parameters }: Call, service: FuzzedService): Promise<StsResponse> {
  const host = iam ? 'iam.amazonaws.com' : 'sts.us-east-1.amazonaws.com'
  const own = [
    ['Host', host],
    ['Content-Type', 'application/x-www-form-urlencoded'],
  ] as const
  const body = parameters.map(([name, value]) => encodeForm({ [name]: value })).join('&')
  const request = { method: 'POST', path: '/', query: '', headers: own, body }
  const scope = { region: 'us-east-1', service: host.slice(0, 3), nowMs: service.nowMs() }
  const signed = signHeaders(request, { credentials, ...scope })
  return service.ask({ ...request, headers: [...own, ...signed] }, isRefusal)
}

function isRefusal({ body }: StsResponse): void {
  for (const tag of ['Type', 'Code', 'Message']) assert.ok(readXmlText(body, tag), `no ${tag} in ${body}`)
  assert.match(body, /RequestId>request-1</)
  // What XML 1.0 has no place for, escaped or not.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  assert.doesNotMatch(body, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|&#x?0*[0-8bcef];/i)
}

/** How a document that was written is read, and in which element. */
const readings: Readonly<Record<string, readonly [action: string, element: string]>> = {
  CreateRole: ['GetRole', 'AssumeRolePolicyDocument'],
  UpdateAssumeRolePolicy: ['GetRole', 'AssumeRolePolicyDocument'],
  PutRolePolicy: ['GetRolePolicy', 'PolicyDocument'],
}

async function readBack(sent: ReadonlyMap<string, string>, service: FuzzedService): Promise<void> {
  const action = sent.get('Action') ?? ''
  const written = sent.get('AssumeRolePolicyDocument') ?? sent.get('PolicyDocument')
  const [reading, element] = Object.hasOwn(readings, action) ? readings[action]! : []
  if (!reading || !element || written === undefined) return
  const { status, body } = await ask(
    { iam: true, parameters: [...new Map(sent).set('Action', reading)] },
    service,
  )
  assert.equal(status, 200, body)
  const read = decodeURIComponent(readXmlText(body, element) ?? '')
  assert.deepEqual(JSON.parse(read), JSON.parse(written))
}
