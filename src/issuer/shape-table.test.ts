import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { issuerShapes } from '../registry/documents.ts'
import { discoveryDocument, jwksUrl } from './discovery.ts'
import { type ShapeName, shapes } from './index.ts'
import { claimsOf } from './issuer.ts'
import { madeUpUuid } from './made-up.ts'
import type { Claims, Inputs } from './shape.ts'

const nowMs = Date.parse('2026-11-22T00:00:00.900Z')
const now = Math.floor(nowMs / 1000)
const organization = 'c9035eb6-6eb2-4c85-8a81-d9ed6a1d1d1e'
const tenant = '0e3e2e88-8caf-41ca-b4da-e3b33b6c52ec'
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

interface Row {
  readonly url: string
  /** Below the URL, unless it is elsewhere. */
  readonly jwks: string
  /** Every claim of a token of which nothing is said. */
  readonly claims: string
  readonly sub: string | RegExp
  readonly aud: unknown
}

const rows: Readonly<Record<ShapeName, Row>> = {
  gitlab: {
    url: 'https://gitlab.com',
    jwks: '/oauth/discovery/keys',
    claims:
      'iss sub aud exp nbf iat jti namespace_id namespace_path project_id project_path user_id user_login user_email user_access_level job_project_id job_project_path job_namespace_id job_namespace_path pipeline_id pipeline_source job_id ref ref_type ref_path ref_protected groups_direct runner_id runner_environment sha ci_config_ref_uri ci_config_sha project_visibility',
    sub: 'project_path:acme/shop:ref_type:branch:ref:main',
    aud: 'https://gitlab.com',
  },
  github: {
    url: 'https://token.actions.githubusercontent.com',
    jwks: '/.well-known/jwks',
    claims:
      'aud iss sub exp iat jti nbf actor actor_id base_ref check_run_id event_name head_ref job_workflow_ref job_workflow_sha ref ref_type ref_protected repository repository_id repository_owner repository_owner_id repository_visibility run_id run_number run_attempt runner_environment sha workflow workflow_ref workflow_sha',
    sub: 'repo:acme/shop:ref:refs/heads/main',
    aud: 'https://github.com/acme',
  },
  kubernetes: {
    url: 'https://kubernetes.example/c1',
    jwks: '/openid/v1/jwks',
    claims: 'aud exp iat iss jti kubernetes.io nbf sub',
    sub: 'system:serviceaccount:default:default',
    aud: ['https://kubernetes.example/c1'],
  },
  circleci: {
    url: `https://oidc.circleci.com/org/${organization}`,
    jwks: '/.well-known/jwks-pub.json',
    claims:
      'iss sub aud iat exp oidc.circleci.com/context-ids oidc.circleci.com/job-id oidc.circleci.com/org-id oidc.circleci.com/pipeline-definition-id oidc.circleci.com/pipeline-id oidc.circleci.com/project-id oidc.circleci.com/ssh-rerun oidc.circleci.com/vcs-origin oidc.circleci.com/vcs-ref oidc.circleci.com/workflow-id',
    sub: new RegExp(`^org/${organization}/project/[0-9a-f-]{36}/user/[0-9a-f-]{36}$`),
    aud: organization,
  },
  buildkite: {
    url: 'https://agent.buildkite.com',
    jwks: '/.well-known/jwks',
    claims:
      'iss sub aud iat nbf exp organization_slug pipeline_slug build_number build_branch build_commit step_key job_id agent_id build_source runner_environment',
    sub: /^organization:acme:pipeline:shop:ref:refs\/heads\/main:commit:[0-9a-f]{40}:step:deploy$/,
    aud: 'https://buildkite.com/acme',
  },
  bitbucket: {
    url: 'https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc',
    jwks: '/keys.json',
    claims: 'iss sub aud iat exp repositoryUuid workspaceUuid pipelineUuid stepUuid branchName',
    sub: /^\{[0-9a-f-]{36}\}:\{[0-9a-f-]{36}\}$/,
    aud: `ari:cloud:bitbucket::workspace/${madeUpUuid('workspace acme')}`,
  },
  'hcp-terraform': {
    url: 'https://app.terraform.io',
    jwks: '/.well-known/jwks',
    claims:
      'jti iss aud iat nbf exp sub terraform_organization_id terraform_organization_name terraform_project_id terraform_project_name terraform_workspace_id terraform_workspace_name terraform_full_workspace terraform_run_id terraform_run_phase',
    sub: 'organization:acme:project:Default Project:workspace:shop:run_phase:plan',
    aud: 'aws.workload.identity',
  },
  jenkins: {
    url: 'https://jenkins.example/oidc',
    jwks: '/jwks',
    claims: 'iss exp iat sub build_number',
    sub: 'https://jenkins.example/job/shop/',
    aud: undefined,
  },
  spiffe: {
    url: 'https://spire.acme.example',
    jwks: '/keys',
    claims: 'aud exp iat iss sub',
    sub: 'spiffe://acme.example/ns/default/sa/shop',
    aud: ['https://spire.acme.example'],
  },
  'google-service-account': {
    url: 'https://accounts.google.com',
    jwks: '/oauth2/v3/certs',
    claims: 'aud azp email email_verified exp iat iss sub',
    sub: /^1\d{20}$/,
    aud: '32555940559.apps.googleusercontent.com',
  },
  'entra-managed-identity': {
    url: `https://login.microsoftonline.com/${tenant}/v2.0`,
    jwks: `https://login.microsoftonline.com/${tenant}/discovery/v2.0/keys`,
    claims: 'aud iss iat nbf exp aio azp azpacr oid sub tid uti ver xms_mirid',
    sub: uuid,
    aud: 'api://AzureADTokenExchange',
  },
  'aws-outbound': {
    url: 'https://1f0a2b3c-0000-4000-8000-0123456789ab.tokens.sts.global.api.aws',
    jwks: '/.well-known/jwks.json',
    claims: 'iss aud sub https://sts.amazonaws.com/ iat exp jti',
    sub: 'arn:aws:iam::123456789012:role/shop',
    aud: 'https://1f0a2b3c-0000-4000-8000-0123456789ab.tokens.sts.global.api.aws',
  },
}

const issuerOf = (shape: ShapeName, url = rows[shape].url) => ({ url, shape, algorithm: 'RS256' }) as const

function claims(
  shape: ShapeName,
  inputs: Inputs = {},
  audience: readonly string[] = [],
  url?: string,
): Claims {
  return claimsOf({ issuer: issuerOf(shape, url), nowMs, inputs, audience })
}

test('every shape in the folder is in the list, and the registry knows its name', () => {
  const listed = shapes.map((each) => each.name)
  assert.deepEqual(listed, [...issuerShapes])
  const files = readdirSync(new URL('.', import.meta.url)).map((each) => each.replace('.ts', ''))
  for (const name of listed) assert.ok(files.includes(name), name)
})

for (const shape of shapes) {
  const row = rows[shape.name]
  test(`${shape.name}: every claim of the platform is there and no other`, () => {
    assert.deepEqual(Object.keys(claims(shape.name)).sort(), row.claims.split(' ').sort())
  })

  test(`${shape.name}: issuer, subject, audience and times are the platform's`, () => {
    const { iss, sub, aud, iat, nbf = now, exp } = claims(shape.name)
    assert.deepEqual({ iss, iat, exp }, { iss: row.url, iat: now, exp: now + shape.lifetimeSeconds })
    assert.ok((nbf as number) <= now)
    if (row.sub instanceof RegExp) assert.match(String(sub), row.sub)
    else assert.equal(sub, row.sub)
    assert.deepEqual(aud, row.aud)
  })

  test(`${shape.name}: an audience that was asked for takes the place of the platform's`, () => {
    const asked = ['sts.amazonaws.com']
    assert.deepEqual([claims(shape.name, {}, asked).aud].flat(), asked)
    assert.deepEqual(claims(shape.name, {}, ['a', 'b']).aud, ['a', 'b'])
  })

  test(`${shape.name}: discovery says where the keys are`, () => {
    const issuer = issuerOf(shape.name)
    const jwks = row.jwks.startsWith('/') ? row.url + row.jwks : row.jwks
    assert.equal(jwksUrl(issuer), jwks)
    const document = discoveryDocument(issuer)
    assert.deepEqual([document.issuer, document.jwks_uri], [row.url, jwks])
    assert.ok((document.id_token_signing_alg_values_supported as string[]).includes('RS256'))
  })
}

const aws = 'https://sts.amazonaws.com/'
const id = { 'org-id': 'O', 'project-id': 'P', 'user-id': 'U' }
const full = {
  repositoryUuid: '{r}',
  stepUuid: '{s}',
}
const variants: readonly (readonly [ShapeName, Inputs, Claims])[] = [
  ['circleci', id, { sub: 'org/O/project/P/user/U', aud: 'O', 'oidc.circleci.com/project-id': 'P' }],
  [
    'circleci',
    { ...id, version: '2', 'vcs-origin': 'github.com/acme/x', 'vcs-ref': 'refs/tags/v1' },
    { sub: 'org/O/project/P/user/U/vcs-origin/github.com/acme/x/vcs-ref/refs/tags/v1' },
  ],
  [
    'circleci',
    { 'context-ids': 'a,b', 'ssh-rerun': 'true' },
    { 'oidc.circleci.com/context-ids': ['a', 'b'], 'oidc.circleci.com/ssh-rerun': true },
  ],
  [
    'buildkite',
    { build_tag: 'v1', build_commit: 'c0ffee', step_key: '' },
    {
      sub: 'organization:acme:pipeline:shop:ref:refs/tags/v1:commit:c0ffee:step:',
      build_tag: 'v1',
      step_key: null,
    },
  ],
  [
    'buildkite',
    { aws_session_tag: 'organization_slug,build_number,step_key', step_key: '' },
    {
      'https://aws.amazon.com/tags': {
        principal_tags: { organization_slug: ['acme'], build_number: ['1'], step_key: [''] },
      },
    },
  ],
  ['bitbucket', full, { sub: '{r}:{s}', stepUuid: '{s}' }],
  [
    'bitbucket',
    { ...full, deploymentEnvironmentUuid: '{e}', workspaceUuid: '{w}' },
    { sub: '{r}:{e}:{s}', deploymentEnvironmentUuid: '{e}', aud: 'ari:cloud:bitbucket::workspace/w' },
  ],
  [
    'hcp-terraform',
    { organization: 'O', project: 'P', terraform_workspace_name: 'W', run_phase: 'apply' },
    {
      sub: 'organization:O:project:P:workspace:W:run_phase:apply',
      terraform_full_workspace: 'organization:O:project:P:workspace:W',
      terraform_workspace_name: 'W',
      terraform_run_phase: 'apply',
    },
  ],
  ['jenkins', { job_name: 'acme/my shop' }, { sub: 'https://jenkins.example/job/acme/job/my%20shop/' }],
  ['jenkins', { jenkins_url: 'https://ci.example/' }, { sub: 'https://ci.example/job/shop/' }],
  ['spiffe', { trust_domain: 'a.test', path: 'web' }, { sub: 'spiffe://a.test/web' }],
  ['spiffe', { spiffe_id: 'spiffe://b.test/x' }, { sub: 'spiffe://b.test/x' }],
  [
    'google-service-account',
    { email: 'x@p.iam.gserviceaccount.com', uniqueId: '7' },
    { sub: '7', azp: '7', email: 'x@p.iam.gserviceaccount.com', email_verified: true },
  ],
  ['google-service-account', { includeEmail: 'false' }, { email: undefined, email_verified: undefined }],
  [
    'entra-managed-identity',
    { oid: 'o', client_id: 'c' },
    { sub: 'o', oid: 'o', azp: 'c', tid: tenant, ver: '2.0', appid: undefined },
  ],
  [
    'aws-outbound',
    { principal: 'arn:aws:iam::111122223333:user/jo', request_tags: 'team=shop,url=a=b' },
    {
      sub: 'arn:aws:iam::111122223333:user/jo',
      [aws]: {
        aws_account: '111122223333',
        source_region: 'us-east-1',
        principal_id: 'arn:aws:iam::111122223333:user/jo',
        request_tags: { team: 'shop', url: 'a=b' },
      },
    },
  ],
]

for (const [shape, inputs, expected] of variants)
  test(`${shape}: ${JSON.stringify(inputs)} shows in the token`, () => {
    const made = claims(shape, inputs)
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, made[name]])), expected)
  })

test('buildkite: an ID may be the whole subject, and is a claim then', () => {
  const made = claims('buildkite', { subject_claim: 'cluster_id', claim: 'pipeline_id' })
  assert.match(String(made.sub), uuid)
  assert.equal(made.cluster_id, made.sub)
  assert.match(String(made.pipeline_id), uuid)
  assert.equal(claims('buildkite', { subject_claim: 'job_id' }).sub, claims('buildkite').job_id)
})

test('buildkite: a name that can change is no subject', () => {
  for (const wrong of ['pipeline_slug', 'cluster_name', 'nothing'])
    assert.throws(() => claims('buildkite', { subject_claim: wrong }), { code: 'COMMAND_USAGE' }, wrong)
})

test('bitbucket: every run of a step has its own subject', () => {
  assert.notEqual(claims('bitbucket').sub, claims('bitbucket').sub)
})

test('entra-managed-identity: an issuer without /v2.0 makes tokens of version 1.0', () => {
  const url = `https://sts.windows.net/${tenant}/`
  const made = claims('entra-managed-identity', {}, [], url)
  assert.deepEqual(
    [made.ver, made.idp, made.tid, made.azp, typeof made.appid],
    ['1.0', url, tenant, undefined, 'string'],
  )
})
