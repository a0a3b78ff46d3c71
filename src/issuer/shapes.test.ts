import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OwnIssuer } from './discovery.ts'
import { claimsOf } from './issuer.ts'
import type { Inputs } from './shape.ts'

const nowMs = Date.parse('2026-11-22T00:00:00.900Z')
const now = Math.floor(nowMs / 1000)
const issuers = {
  gitlab: { url: 'https://gitlab.com', shape: 'gitlab', algorithm: 'RS256' },
  github: { url: 'https://token.actions.githubusercontent.com', shape: 'github', algorithm: 'RS256' },
  kubernetes: { url: 'https://kubernetes.example', shape: 'kubernetes', algorithm: 'RS256' },
} as const satisfies Record<string, OwnIssuer>

function claims(shape: keyof typeof issuers, inputs: Inputs = {}, audience: readonly string[] = []) {
  return claimsOf({ issuer: issuers[shape], nowMs, inputs, audience })
}

test('the same names have the same IDs in every token, and a token has its own', () => {
  const [one, other] = [claims('gitlab'), claims('gitlab')]
  assert.equal(one.project_id, other.project_id)
  assert.notEqual(one.project_id, claims('gitlab', { project: 'acme/other' }).project_id)
  assert.notEqual(one.jti, other.jti)
})

test('GitLab: every documented claim is there', () => {
  const documented =
    'iss sub aud exp nbf iat jti namespace_id namespace_path project_id project_path user_id user_login user_email user_access_level job_project_id job_project_path job_namespace_id job_namespace_path pipeline_id pipeline_source job_id ref ref_type ref_path ref_protected groups_direct environment environment_protected deployment_tier environment_action runner_id runner_environment sha ci_config_ref_uri ci_config_sha project_visibility'
  assert.deepEqual(
    Object.keys(claims('gitlab', { environment: 'production' })).sort(),
    documented.split(' ').sort(),
  )
})

test('GitLab: sub names project, kind of ref and ref', () => {
  const sub = (inputs: Inputs) => claims('gitlab', inputs).sub
  assert.equal(sub({}), 'project_path:acme/shop:ref_type:branch:ref:main')
  assert.equal(sub({ project: 'a/b/c', ref: 'x' }), 'project_path:a/b/c:ref_type:branch:ref:x')
  assert.equal(sub({ project_path: 'a/b', tag: 'v1' }), 'project_path:a/b:ref_type:tag:ref:v1')
})

test('GitLab: a project chooses what its sub is made of, and begins it with itself', () => {
  const sub = (components: string, inputs: Inputs = {}) =>
    claims('gitlab', { ...inputs, ci_id_token_sub_claim_components: components }).sub
  assert.equal(sub('project_path'), 'project_path:acme/shop')
  assert.equal(sub('project_id,ref_type,ref', { project_id: '20' }), 'project_id:20:ref_type:branch:ref:main')
  assert.equal(
    sub('project_path,ref_protected,deployment_tier', { environment: 'prod' }),
    'project_path:acme/shop:ref_protected:true:deployment_tier:production',
  )
  for (const wrong of ['ref,project_path', 'project_path,user_login', 'project_path,deployment_tier', ''])
    assert.throws(() => sub(wrong), { code: 'COMMAND_USAGE' }, wrong)
})

test("GitLab: a fork's merge request is of the fork, and its job of the project", () => {
  const made = claims('gitlab', { project: 'eve/shop', job_project_path: 'acme/shop' })
  assert.deepEqual(
    [made.project_path, made.namespace_path, made.job_project_path, made.job_namespace_path],
    ['eve/shop', 'eve', 'acme/shop', 'acme'],
  )
  assert.equal(made.job_project_id, claims('gitlab').project_id)
})

test('GitLab: the configuration is at the instance, whichever issuer its tokens name', () => {
  const uri = (inputs: Inputs) => claims('gitlab', inputs).ci_config_ref_uri
  assert.equal(uri({}), 'gitlab.com/acme/shop//.gitlab-ci.yml@refs/heads/main')
  assert.equal(
    uri({ server_fqdn: 'git.example:8443' }),
    'git.example:8443/acme/shop//.gitlab-ci.yml@refs/heads/main',
  )
})

test('GitLab: numbers and booleans are strings, except the runner', () => {
  const { iat, nbf, exp, runner_id, groups_direct, ...rest } = claims('gitlab', { environment: 'prod' })
  assert.deepEqual([typeof iat, nbf, typeof exp, typeof runner_id], ['number', now - 5, 'number', 'number'])
  assert.deepEqual(groups_direct, ['acme'])
  for (const [name, value] of Object.entries(rest)) assert.equal(typeof value, 'string', name)
  assert.equal(rest.ref_protected, 'true')
  assert.equal(claims('gitlab', { ref: 'feature' }).ref_protected, 'false')
})

test('GitLab: a job without an environment has none of its claims', () => {
  const names = Object.keys(claims('gitlab')).filter((name) =>
    /environment_|deployment|^environment$/.test(name),
  )
  assert.deepEqual(names, [])
  assert.equal(claims('gitlab', { environment: 'Production' }).deployment_tier, 'production')
  assert.equal(claims('gitlab', { environment: 'blue' }).deployment_tier, 'other')
})

test('GitLab: several audiences are a list, one is a text', () => {
  assert.equal(claims('gitlab', {}, ['a']).aud, 'a')
  assert.deepEqual(claims('gitlab', {}, ['a', 'b']).aud, ['a', 'b'])
})

test('GitHub: every documented claim is there, but those of enterprises', () => {
  const documented =
    'aud iss sub exp iat jti nbf actor actor_id base_ref check_run_id environment environment_node_id event_name head_ref job_workflow_ref job_workflow_sha ref ref_type ref_protected repository repository_id repository_owner repository_owner_id repository_visibility run_id run_number run_attempt runner_environment sha workflow workflow_ref workflow_sha'
  assert.deepEqual(Object.keys(claims('github', { environment: 'e' })).sort(), documented.split(' ').sort())
})

test('GitHub: an environment wins over a pull request, and that over the ref', () => {
  const sub = (inputs: Inputs) => claims('github', inputs).sub
  assert.equal(sub({}), 'repo:acme/shop:ref:refs/heads/main')
  assert.equal(sub({ tag: 'v1' }), 'repo:acme/shop:ref:refs/tags/v1')
  assert.equal(sub({ ref: 'refs/heads/x' }), 'repo:acme/shop:ref:refs/heads/x')
  assert.equal(sub({ pull_request: '7' }), 'repo:acme/shop:pull_request')
  assert.equal(sub({ pull_request: '7', environment: 'prod' }), 'repo:acme/shop:environment:prod')
  assert.equal(sub({ repo: 'a/b' }), 'repo:a/b:ref:refs/heads/main')
})

test('GitHub: a colon in a value is %3A', () => {
  assert.equal(claims('github', { environment: 'prod:eu' }).sub, 'repo:acme/shop:environment:prod%3Aeu')
  assert.equal(claims('github', { environment: 'prod:eu' }).environment, 'prod:eu')
})

test('GitHub: an immutable sub has the numbers that the claims have', () => {
  const made = claims('github', { immutable: 'true', repository_id: '456', repository_owner_id: '123' })
  assert.equal(made.sub, 'repo:acme@123/shop@456:ref:refs/heads/main')
  assert.deepEqual([made.repository_id, made.repository_owner_id], ['456', '123'])
  const { sub, repository_id, repository_owner_id } = claims('github', {
    immutable: 'true',
    environment: 'e',
  })
  assert.equal(sub, `repo:acme@${repository_owner_id}/shop@${repository_id}:environment:e`)
})

test('GitHub: the day on which a repository was made decides which sub it has, unless it chose', () => {
  const sub = (inputs: Inputs) =>
    claims('github', { repository_id: '4', repository_owner_id: '1', ...inputs }).sub
  const classic = 'repo:acme/shop:ref:refs/heads/main'
  const immutable = 'repo:acme@1/shop@4:ref:refs/heads/main'
  assert.equal(sub({ created_at: '2026-07-15T23:59:59Z' }), classic)
  assert.equal(sub({ created_at: '2026-07-16' }), immutable)
  assert.equal(sub({ created_at: '2020-01-01', immutable: 'true' }), immutable)
  assert.equal(sub({ created_at: '2026-07-16', immutable: 'false' }), classic)
})

test("GitHub: a job in a reusable workflow has that workflow's ref and commit", () => {
  const ref = 'acme/automation/.github/workflows/deploy.yml@refs/heads/main'
  const made = claims('github', { job_workflow_ref: ref })
  assert.equal(made.job_workflow_ref, ref)
  assert.equal(made.workflow_ref, 'acme/shop/.github/workflows/deploy.yml@refs/heads/main')
  assert.notEqual(made.job_workflow_sha, made.workflow_sha)
})

test('GitHub: a template chooses what sub is made of', () => {
  const sub = (keys: string, inputs: Inputs = {}) =>
    claims('github', { ...inputs, include_claim_keys: keys }).sub
  const workflow = 'acme/automation/.github/workflows/oidc.yml@refs/heads/main'
  assert.equal(
    sub('repo,context,job_workflow_ref', { environment: 'prod', job_workflow_ref: workflow }),
    `repo:acme/shop:environment:prod:job_workflow_ref:${workflow}`,
  )
  assert.equal(
    sub('repository_owner,repository_visibility'),
    'repository_owner:acme:repository_visibility:private',
  )
  assert.equal(
    sub('repo', { immutable: 'true', repository_id: '4', repository_owner_id: '1' }),
    'repo:acme@1/shop@4',
  )
  assert.equal(sub('repository', { pull_request: '7' }), 'repo:acme/shop')
  assert.equal(sub('enterprise', { enterprise: 'acme-inc' }), 'enterprise:acme-inc')
  for (const wrong of ['environment', 'nothing', 'enterprise', ''])
    assert.throws(() => sub(wrong), { code: 'COMMAND_USAGE' }, wrong)
})

test('GitHub: the audience is the owner unless another is asked for, and the token lives five minutes', () => {
  assert.equal(claims('github').aud, 'https://github.com/acme')
  assert.equal(claims('github', {}, ['sts.amazonaws.com']).aud, 'sts.amazonaws.com')
  assert.equal(claims('github').exp, now + 300)
})

test('Kubernetes: the claims of a token that is bound to a pod', () => {
  const { jti, ...made } = claims('kubernetes', { namespace: 'shop', serviceaccount: 'uploader' }, [
    'sts.amazonaws.com',
  ])
  const { 'kubernetes.io': bound, ...rest } = made
  assert.deepEqual(rest, {
    aud: ['sts.amazonaws.com'],
    exp: now + 3600,
    iat: now,
    iss: 'https://kubernetes.example',
    nbf: now,
    sub: 'system:serviceaccount:shop:uploader',
  })
  const { namespace, pod, node, serviceaccount } = bound as Record<string, { name: string; uid: string }>
  assert.equal(namespace, 'shop')
  assert.deepEqual([pod!.name, node!.name, serviceaccount!.name], ['uploader-0', 'node-1', 'uploader'])
  for (const each of [pod, node, serviceaccount])
    assert.match(each!.uid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('Kubernetes: the audience is a list, and of the API server unless another is asked for', () => {
  assert.deepEqual(claims('kubernetes').aud, ['https://kubernetes.example'])
})

test('Kubernetes: a token that is bound to no pod names none, and no node', () => {
  const { pod, node } = claims('kubernetes', { pod: '' })['kubernetes.io'] as Record<string, unknown>
  assert.deepEqual([pod, node], [undefined, undefined])
})
