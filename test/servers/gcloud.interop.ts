import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { IdentityPoolClient } from 'google-auth-library'
import type { TrustDocument } from '../../src/registry/documents.ts'
import { memoryStore } from '../../src/registry/memory-store.ts'
import { type AdministeredSts, openSts } from '../../src/sts/create.ts'
import { type StsServer, serveSts } from '../../src/sts/serve.ts'
import { installedTools } from '../clients/command-line/tools.ts'
import { run } from '../fakes/run.ts'
import { gitlab, mainBranch, tokenOf } from '../trust-side.ts'

// gcloud as it is published, with four endpoints set: it signs in by workload identity federation as a pipeline of the
// administrators, registers a pool, a provider and a service account, and a workload gets in by them.

const project = { projectNumber: '111111111111', projectId: 'acme' }
const pools = `projects/${project.projectNumber}/locations/global/workloadIdentityPools`
const administrator = 'project_path:acme/admin:ref_type:branch:ref:main'
const deployer = 'deployer@acme.iam.gserviceaccount.com'
const trust: TrustDocument = {
  issuers: [{ url: gitlab, shape: 'gitlab', algorithm: 'RS256' }],
  aws: [],
  google: [
    {
      ...project,
      bindings: [
        {
          role: 'roles/owner',
          members: [`principal://iam.googleapis.com/${pools}/admins/subject/${administrator}`],
        },
      ],
      pools: [
        {
          id: 'admins',
          disabled: false,
          providers: [
            {
              id: 'gitlab',
              disabled: false,
              attributeMapping: { 'google.subject': 'assertion.sub' },
              oidc: { issuerUri: gitlab, allowedAudiences: [], reach: 'public' },
            },
          ],
        },
      ],
      serviceAccounts: [],
    },
  ],
}

const skip = missing()

function missing(): string | false {
  if (installedTools().has('gcloud')) return false
  if (process.env.MAYFLY_REQUIRE_TOOLCHAINS === '1') throw new Error('gcloud is not on PATH')
  return 'gcloud is not on PATH'
}

let home: string
let sts: AdministeredSts
let server: StsServer

/** What a client needs to sign in by a provider with a token of GitLab's. */
async function signIn(provider: string, sub: string) {
  const audience = `//iam.googleapis.com/${pools}/${provider}`
  const file = join(home, `${provider.replaceAll('/', '-')}.jwt`)
  const seconds = () => Math.floor(Date.now() / 1000)
  await writeFile(file, tokenOf({ sts, seconds }, { sub, aud: audience }), { mode: 0o600 })
  return {
    type: 'external_account',
    audience,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${server.url}/v1/token`,
    credential_source: { file },
  }
}

async function gcloud(...args: readonly string[]) {
  return run(['gcloud', ...args, '--format=json'], {
    PATH: process.env.PATH,
    HOME: home,
    CLOUDSDK_CONFIG: join(home, 'gcloud'),
    CLOUDSDK_CORE_PROJECT: project.projectId,
    CLOUDSDK_CORE_DISABLE_PROMPTS: '1',
    CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE: join(home, 'admin.json'),
    CLOUDSDK_AUTH_TOKEN_INTROSPECTION_ENDPOINT: `${server.url}/v1/introspect`,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM: `${server.url}/`,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER: `${server.url}/`,
  })
}

async function did(...args: readonly string[]) {
  const { code, out, err } = await gcloud(...args)
  assert.equal(code, 0, err)
  return JSON.parse(out || 'null')
}

const inPool = ['--location=global', '--workload-identity-pool=ci-pool']
const provider = (verb: string, ...flags: string[]) =>
  did('iam', 'workload-identity-pools', 'providers', verb, 'gitlab', ...inPool, ...flags)
const pool = (verb: string, ...flags: string[]) =>
  did('iam', 'workload-identity-pools', verb, 'ci-pool', '--location=global', ...flags)

/** A workload's own token, or one of the service account. */
async function entered({ as }: { readonly as?: string } = {}): Promise<string | undefined | null> {
  const impersonation = as && {
    service_account_impersonation_url: `${server.url}/v1/projects/-/serviceAccounts/${as}:generateAccessToken`,
  }
  const client = new IdentityPoolClient({
    ...(await signIn('ci-pool/providers/gitlab', mainBranch)),
    ...impersonation,
    scopes: ['https://www.googleapis.com/auth/cloud-platform'],
  })
  return (await client.getAccessToken()).token
}

describe('gcloud', { skip }, () => {
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'mayfly-gcloud-'))
    sts = await openSts({
      document: trust,
      store: memoryStore(),
      onError: (error) => assert.fail(error as Error),
    })
    server = await serveSts({ sts })
    await writeFile(
      join(home, 'admin.json'),
      JSON.stringify(await signIn('admins/providers/gitlab', administrator)),
    )
  })
  after(async () => {
    await server.close()
    await sts.registry.close()
    await rm(home, { recursive: true })
  })

  it('registers a pool and a provider by which a workload gets in', async () => {
    await assert.rejects(entered(), /invalid_target/)
    await pool('create', '--display-name=CI')
    await provider(
      'create-oidc',
      `--issuer-uri=${gitlab}`,
      '--attribute-mapping=google.subject=assertion.sub,attribute.ref=assertion.ref',
      '--attribute-condition=assertion.namespace_path=="acme"',
    )
    assert.deepEqual(await provider('describe'), {
      name: `${pools}/ci-pool/providers/gitlab`,
      state: 'ACTIVE',
      attributeMapping: { 'google.subject': 'assertion.sub', 'attribute.ref': 'assertion.ref' },
      attributeCondition: 'assertion.namespace_path=="acme"',
      oidc: { issuerUri: gitlab },
    })
    assert.match((await entered()) ?? '', /^ya29\./)
  })

  it('lets it act as a service account that it made', async () => {
    await did('iam', 'service-accounts', 'create', 'deployer', '--display-name=Deploys')
    await assert.rejects(entered({ as: deployer }), /iam\.serviceAccounts\.getAccessToken/)
    const member = `principal://iam.googleapis.com/${pools}/ci-pool/subject/${mainBranch}`
    const bind = ['--role=roles/iam.workloadIdentityUser', `--member=${member}`]
    await did('iam', 'service-accounts', 'add-iam-policy-binding', deployer, ...bind)
    assert.match((await entered({ as: deployer })) ?? '', /^ya29\./)
    await did('iam', 'service-accounts', 'remove-iam-policy-binding', deployer, ...bind)
    await assert.rejects(entered({ as: deployer }), /iam\.serviceAccounts\.getAccessToken/)
  })

  it('binds it for some time, and takes that binding back by its condition', async () => {
    const member = `principal://iam.googleapis.com/${pools}/ci-pool/subject/${mainBranch}`
    const until = (day: string) => [
      '--role=roles/iam.workloadIdentityUser',
      `--member=${member}`,
      `--condition=^|^expression=request.time < timestamp("${day}T00:00:00Z")|title=until ${day}`,
    ]
    const policy = (verb: string, ...flags: string[]) =>
      did('iam', 'service-accounts', `${verb}-iam-policy-binding`, deployer, ...flags)
    await policy('add', ...until('2020-01-01'))
    await assert.rejects(entered({ as: deployer }), /iam\.serviceAccounts\.getAccessToken/)
    const { bindings, version } = await policy('add', ...until('2099-01-01'))
    assert.equal(version, 3)
    assert.deepEqual(
      bindings.map(({ condition }: { condition: { title: string } }) => condition.title),
      ['until 2020-01-01', 'until 2099-01-01'],
    )
    assert.match((await entered({ as: deployer })) ?? '', /^ya29\./)
    await policy('remove', ...until('2099-01-01'))
    await assert.rejects(entered({ as: deployer }), /iam\.serviceAccounts\.getAccessToken/)
    await policy('remove', `--member=${member}`, '--role=roles/iam.workloadIdentityUser', '--all')
    const { err } = await gcloud(
      ...['iam', 'service-accounts', 'add-iam-policy-binding', deployer],
      ...['--role=roles/iam.workloadIdentityUser', `--member=${member}`],
      '--condition=expression=resource.nme == "x",title=wrong',
    )
    assert.match(err, /ConditionCompileCheck Error: .*resource\.nme/)
  })

  it('binds a role in the project, with a condition and without', async () => {
    const bind = [
      '--role=roles/iam.workloadIdentityUser',
      `--member=principalSet://iam.googleapis.com/${pools}/ci-pool/attribute.ref/main`,
    ]
    const policy = (verb: string, ...flags: string[]) =>
      did('projects', `${verb}-iam-policy-binding`, project.projectId, ...bind, ...flags)
    await policy('add', '--condition=None')
    assert.match((await entered({ as: deployer })) ?? '', /^ya29\./)
    await policy('remove', '--condition=None')
    await assert.rejects(entered({ as: deployer }), /iam\.serviceAccounts\.getAccessToken/)
    const { bindings } = await policy(
      'add',
      '--condition=title=past,expression=request.time < date("2020-01-01")',
    )
    assert.equal(bindings.length, 2)
    await assert.rejects(entered({ as: deployer }), /iam\.serviceAccounts\.getAccessToken/)
    assert.equal((await did('projects', 'get-iam-policy', project.projectId)).version, 3)
    assert.equal((await policy('remove', '--all')).version, 1)
  })

  it('changes a provider by the fields that it names', async () => {
    await provider('update-oidc', '--disabled', '--allowed-audiences=https://other.example')
    await assert.rejects(entered(), /invalid_target/)
    await provider('update-oidc', '--no-disabled')
    await assert.rejects(entered(), /does not match the expected audience/)
    await provider('update-oidc', '--allowed-audiences=')
    await entered()
  })

  it('deletes a pool softly, waits for that operation, and undeletes it', async () => {
    const { name } = await pool('delete')
    assert.equal((await did('iam', 'workload-identity-pools', 'operations', 'describe', name)).done, true)
    await assert.rejects(entered(), /invalid_target/)
    const list = (...flags: string[]) =>
      did('iam', 'workload-identity-pools', 'list', '--location=global', ...flags)
    const states = async (...flags: string[]) =>
      (await list(...flags)).map((each: { state: string }) => each.state)
    assert.deepEqual(await states(), ['ACTIVE'])
    assert.deepEqual(await states('--show-deleted'), ['ACTIVE', 'DELETED'])
    await pool('undelete')
    await entered()
  })

  it('is told what is wrong in the words of Google', async () => {
    const { err } = await gcloud(
      ...['iam', 'workload-identity-pools', 'providers', 'create-oidc', 'github', ...inPool],
      '--issuer-uri=https://token.actions.githubusercontent.com',
      '--attribute-mapping=google.subject=assertion.sub',
    )
    assert.match(
      err,
      /INVALID_ARGUMENT: The attribute condition must reference one of the provider's claims\./,
    )
  })
})
