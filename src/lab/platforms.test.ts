import assert from 'node:assert/strict'
import { test } from 'node:test'
import { played } from '../../test/lab-stage.ts'
import { awsTrust, cluster, loader, role, roleArn, storyTrust, trusts } from '../../test/trust-side.ts'
import { failure } from '../../test/workload.ts'
import type { TrustDocument } from '../registry/documents.ts'
import { verifyAccessToken } from '../sts/public.ts'
import { readJwt } from '../wire/jws.ts'
import { addressOf } from './addresses.ts'
import { platformNames } from './platform.ts'
import { platforms } from './platforms.ts'

const serviceRole = (name: string, service: string) =>
  role(name, trusts({ Service: service }, 'sts:AssumeRole'))
const [story] = storyTrust.aws
/** The stories' trust with a role for every platform of AWS. */
const everywhere: TrustDocument = awsTrust({
  ...story!,
  roles: [
    ...story!.roles,
    serviceRole('node', 'ec2.amazonaws.com'),
    serviceRole('pod', 'pods.eks.amazonaws.com'),
    role(
      'uploader',
      trusts(
        { Federated: `arn:aws:iam::${story!.account}:oidc-provider/kubernetes.example` },
        'sts:AssumeRoleWithWebIdentity',
      ),
    ),
  ],
})

type App = { fetch(request: Request): Response | Promise<Response> }

async function ask(app: App | undefined, path: string, headers: Record<string, string> = {}, method = 'GET') {
  const answer = await app!.fetch(new Request(`http://platform.test${path}`, { method, headers }))
  return { status: answer.status, text: await answer.text(), headers: answer.headers }
}

test('every name in the list is a platform, once', () => {
  assert.deepEqual(platforms.map(({ name }) => name).sort(), [...platformNames].sort())
})

test('ecs: the task role’s credentials, rotated before they end, and the region in the task’s metadata', async () => {
  const { site, side } = await played('ecs', everywhere, { region: 'ap-northeast-2' })
  const agent = site.metadata?.['169.254.170.2']
  const credentials = async () =>
    JSON.parse((await ask(agent, site.env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI!)).text)
  const first = await credentials()
  assert.equal(first.RoleArn, roleArn('loader-task'))
  assert.match(first.Expiration, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.deepEqual(await credentials(), first)
  side.clock.jump(46 * 60_000)
  assert.notEqual((await credentials()).AccessKeyId, first.AccessKeyId)
  const task = new URL(`${site.env.ECS_CONTAINER_METADATA_URI_V4}/task`).pathname
  assert.match(JSON.parse((await ask(agent, task)).text).TaskARN, /^arn:aws:ecs:ap-northeast-2:/)
  assert.equal(site.env.AWS_EXECUTION_ENV, 'AWS_ECS_FARGATE')
  assert.deepEqual([site.env.AWS_REGION, site.env.AWS_DEFAULT_REGION], ['ap-northeast-2', 'ap-northeast-2'])
})

test('ecs: a task with an execution role alone has no credentials and no variable for them', async () => {
  const { site } = await played('ecs', everywhere, { role: 'none' })
  assert.equal(site.env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, undefined)
  const { status } = await ask(
    site.metadata?.['169.254.170.2'],
    '/v2/credentials/0f2bd9a3-5dc1-4a35-bd3c-1d6f3ed7c4ce',
  )
  assert.equal(status, 404)
})

test('ecs-ec2: the task has its role, and the node another beside it; nothing tells the task its region', async () => {
  const { site } = await played('ecs-ec2', everywhere)
  assert.equal(site.env.AWS_REGION, undefined)
  assert.equal(site.env.AWS_EXECUTION_ENV, 'AWS_ECS_EC2')
  const { text } = await ask(
    site.metadata?.['169.254.169.254'],
    '/latest/meta-data/iam/security-credentials/',
  )
  assert.equal(text, 'node')
})

test('ec2: both versions of its metadata, and no token that has ended', async () => {
  const { site, side } = await played('ec2', everywhere)
  const imds = site.metadata?.['169.254.169.254']
  const path = '/latest/meta-data/iam/security-credentials'
  assert.equal((await ask(imds, path)).text, 'node')
  const ttl = { 'X-aws-ec2-metadata-token-ttl-seconds': '60' }
  const opened = await ask(imds, '/latest/api/token', ttl, 'PUT')
  const token = { 'X-aws-ec2-metadata-token': opened.text }
  assert.equal(JSON.parse((await ask(imds, `${path}/node`, token)).text).Code, 'Success')
  assert.equal((await ask(imds, '/latest/meta-data/placement/availability-zone', token)).text, 'eu-west-1a')
  for (const none of [`${path}/other`, '/latest/meta-data/constructor'])
    assert.equal((await ask(imds, none, token)).status, 404)
  side.clock.jump(61_000)
  assert.equal((await ask(imds, path, token)).status, 401)
  for (const wrong of ['0', '21601', 'x'])
    assert.equal(
      (await ask(imds, '/latest/api/token', { 'X-aws-ec2-metadata-token-ttl-seconds': wrong }, 'PUT')).status,
      400,
    )
})

test('eks: by what the role trusts, a token for the role or Pod Identity', async () => {
  const irsa = await played('eks', everywhere, { role: roleArn('uploader'), claims: { namespace: 'shop' } })
  assert.equal(irsa.issuer?.url, cluster)
  assert.equal(irsa.site.env.AWS_ROLE_ARN, roleArn('uploader'))
  const file = irsa.site.files?.find(({ path }) => path.includes('eks.amazonaws.com'))
  assert.equal(`/var${file?.path}`, irsa.site.env.AWS_WEB_IDENTITY_TOKEN_FILE)
  const { text, lastsMs } = file!.content()
  const { sub, aud, iat, exp } = readJwt(text).claims
  assert.deepEqual([sub, aud], ['system:serviceaccount:shop:default', ['sts.amazonaws.com']])
  assert.equal(lastsMs, (Number(exp) - Number(iat)) * 800)

  const identity = await played('eks', everywhere, { role: roleArn('pod') })
  const agent = identity.site.metadata?.['169.254.170.23']
  const shown = identity.site.files!.find(({ path }) => path.includes('pods.eks'))!.content().text
  const given = await ask(agent, '/v1/credentials', { authorization: shown })
  assert.equal(JSON.parse(given.text).AccountId, story!.account)
  assert.equal((await ask(agent, '/v1/credentials')).status, 400)
  assert.equal((await ask(agent, '/v1/credentials', { authorization: `${shown}x` })).status, 401)
  identity.side.clock.jump(86_400_000)
  assert.equal((await ask(agent, '/v1/credentials', { authorization: shown })).status, 401)
})

test('gce: tokens of the service account that hold at the token service, and its identity', async () => {
  const { site, side } = await played('gce', storyTrust, { serviceAccount: loader })
  const server = site.metadata?.['169.254.169.254']
  const flavor = { 'Metadata-Flavor': 'Google' }
  const at = '/computeMetadata/v1/instance/service-accounts/default'
  const { access_token } = JSON.parse((await ask(server, `${at}/token?scopes=a%2Cb`, flavor)).text)
  const { keys } = side.sts
  const holder = verifyAccessToken(access_token, { keys, nowMs: side.clock.now() })
  assert.deepEqual(
    [holder.principal, holder.scopes],
    [{ type: 'service-account', email: loader, uniqueId: '100000000000000000001' }, ['a', 'b']],
  )
  const { claims } = readJwt(
    (await ask(server, `${at}/identity?audience=https://a.test&format=full`, flavor)).text,
  )
  assert.deepEqual([claims.aud, claims.email], ['https://a.test', loader])
  assert.equal(site.names?.['metadata.google.internal'], '169.254.169.254')
  const forwarded = { ...flavor, 'X-Forwarded-For': '192.0.2.1' }
  const refused = await ask(server, `${at}/token`, forwarded)
  assert.deepEqual([refused.status, refused.headers.get('metadata-flavor')], [403, 'Google'])
  const names = { site, sts: side.sts, plugged: [] }
  assert.deepEqual(
    ['metadata.google.internal', 'constructor', '__proto__'].map((each) => addressOf(each, names)),
    ['169.254.169.254', undefined, undefined],
  )
})

test('github: tokens for the audience that is asked, at a host of GitHub, for the job alone', async () => {
  const { site } = await played('github', storyTrust, { claims: { environment: 'production' } })
  const url = new URL(site.env.ACTIONS_ID_TOKEN_REQUEST_URL!)
  assert.equal(url.protocol, 'https:')
  url.searchParams.set('audience', 'sts.amazonaws.com')
  const app = site.hosts?.[url.hostname]
  const authorization = `bearer ${site.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN}`
  const { value } = JSON.parse((await ask(app, url.pathname + url.search, { authorization })).text)
  const { aud, sub } = readJwt(value).claims
  assert.deepEqual([aud, sub], ['sts.amazonaws.com', 'repo:acme/shop:environment:production'])
  assert.equal((await ask(app, url.pathname + url.search)).status, 401)
  assert.equal(site.env.GITHUB_REF, 'refs/heads/main')
})

test('gitlab: a token for each variable, and the job’s own variables by the same claims', async () => {
  const idTokens = { AWS_TOKEN: ['https://user-audience.test'], OTHER: ['a', 'b'] }
  const { site } = await played('gitlab', storyTrust, {
    idTokens,
    claims: { ref: 'release', project: 'acme/site' },
  })
  assert.equal(readJwt(site.env.AWS_TOKEN!).claims.aud, 'https://user-audience.test')
  assert.deepEqual(readJwt(site.env.OTHER!).claims.aud, ['a', 'b'])
  assert.deepEqual(
    [site.env.CI_COMMIT_REF_NAME, site.env.CI_PROJECT_PATH, readJwt(site.env.OTHER!).claims.ref],
    ['release', 'acme/site', 'release'],
  )
  assert.ok((await played('gitlab', storyTrust)).site.env.GITLAB_OIDC_TOKEN)
})

test('a role that the platform may not have is refused when the lab opens, as the platform would refuse the task', async () => {
  await assert.rejects(
    played('ecs', everywhere, { role: roleArn('node') }),
    failure('TRUST_DENIED', 'ecs-tasks'),
  )
  await assert.rejects(played('ec2', everywhere, { role: roleArn('gone') }), failure('TRUST_ROLE'))
})

test('a claim that no such token has is told, with the one that was meant', async () => {
  await assert.rejects(
    played('gitlab', storyTrust, { claims: { projct: 'x' } }),
    failure('COMMAND_USAGE', 'did you mean project=?'),
  )
})

test('a claim that is none of the platform’s is refused, unless it is said to be one of the caller’s own', async () => {
  for (const platform of ['gitlab', 'github'] as const) {
    await assert.rejects(
      played(platform, storyTrust, { claims: { department: 'x' } }),
      failure('COMMAND_USAGE', 'department', '+department='),
    )
    await played(platform, storyTrust, { claims: { '+department': 'x' } })
  }
})

test('a claim that only some users of the platform have is one of its own', async () => {
  await played('github', storyTrust, { claims: { repo_property_team: 'shop' } })
  const { site } = await played('gitlab', storyTrust, {
    claims: { user_identities: '[{"provider":"github"}]' },
  })
  assert.deepEqual(readJwt(site.env.GITLAB_OIDC_TOKEN!).claims.user_identities, [{ provider: 'github' }])
})

test('gitlab: an audience beside tokens that have their own is refused', async () => {
  await assert.rejects(
    played('gitlab', storyTrust, { idTokens: { TOKEN: ['a'] }, audience: ['b'] }),
    failure('COMMAND_USAGE', '--id-token'),
  )
})

test('without a role that the platform could have, or with several, the ones that there are are listed', async () => {
  await assert.rejects(played('ec2', storyTrust), failure('LAB_ROLE', 'has none', roleArn('deploy')))
  await assert.rejects(
    played('eks', everywhere),
    failure('LAB_ROLE', 'has several', roleArn('pod'), roleArn('uploader')),
  )
  await assert.rejects(played('gce', storyTrust), failure('LAB_ROLE', loader, '--service-account'))
})
