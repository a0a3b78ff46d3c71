const version = { format_version: '1.2', terraform_version: '1.9.8' }

interface Planned {
  readonly type: string
  readonly name: string
  readonly values: Readonly<Record<string, unknown>>
  /** What is known only after apply. */
  readonly unknown?: Readonly<Record<string, unknown>>
}

const provider = (type: string) => `registry.terraform.io/hashicorp/${type.split('_')[0]}`

function resource({ type, name, values }: Planned, module = '') {
  const address = `${module}${type}.${name}`
  const common = { mode: 'managed', type, name, provider_name: provider(type), schema_version: 0 }
  return { address, ...common, values, sensitive_values: {} }
}

function change({ type, name, values, unknown = {} }: Planned, module = '') {
  const {
    values: _,
    sensitive_values: __,
    schema_version: ___,
    ...named
  } = resource({ type, name, values }, module)
  const actions = { actions: ['create'], before: null, after: values, after_unknown: unknown }
  return { ...named, change: { ...actions, before_sensitive: false, after_sensitive: {} } }
}

function plan(root: readonly Planned[], inner: readonly Planned[] = []): string {
  const module = 'module.ci.'
  const child_modules = [{ address: 'module.ci', resources: inner.map((each) => resource(each, module)) }]
  return JSON.stringify({
    ...version,
    planned_values: {
      root_module: {
        resources: root.map((each) => resource(each)),
        ...(inner.length > 0 && { child_modules }),
      },
    },
    resource_changes: [...root.map((each) => change(each)), ...inner.map((each) => change(each, module))],
    configuration: { root_module: { module_calls: { ci: { source: './ci' } } } },
    applyable: true,
    complete: true,
    errored: false,
  })
}

const trustPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com' },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' } },
    },
  ],
})

const role: Planned = {
  type: 'aws_iam_role',
  name: 'deploy',
  values: {
    assume_role_policy: trustPolicy,
    name: 'deploy',
    path: '/ci/',
    max_session_duration: 3600,
    description: null,
    tags: null,
  },
  unknown: { arn: true, id: true, create_date: true, unique_id: true, inline_policy: true, tags_all: {} },
}
const undecided: Planned = {
  type: 'aws_iam_role',
  name: 'later',
  values: { name_prefix: 'later-', path: '/', max_session_duration: 7200 },
  unknown: { arn: true, name: true, assume_role_policy: true },
}
const oidc: Planned = {
  type: 'aws_iam_openid_connect_provider',
  name: 'github',
  values: {
    url: 'https://token.actions.githubusercontent.com',
    client_id_list: ['sts.amazonaws.com'],
    thumbprint_list: ['d89e3bd43d5d909b47a18977aa9d5ce36cee184c'],
  },
  unknown: { arn: true, client_id_list: [false], thumbprint_list: [false] },
}
const poolProvider: Planned = {
  type: 'google_iam_workload_identity_pool_provider',
  name: 'github',
  values: {
    workload_identity_pool_id: 'ci-pool',
    workload_identity_pool_provider_id: 'github',
    project: 'acme-prod',
    disabled: null,
    attribute_mapping: { 'google.subject': 'assertion.sub', 'attribute.repository': 'assertion.repository' },
    attribute_condition: "assertion.repository_owner_id == '4242'",
    oidc: [
      { issuer_uri: 'https://token.actions.githubusercontent.com', allowed_audiences: null, jwks_json: null },
    ],
    aws: [],
    saml: [],
  },
  unknown: { id: true, name: true, state: true, attribute_mapping: {}, oidc: [{}] },
}
const account = 'projects/acme-prod/serviceAccounts/ci@acme-prod.iam.gserviceaccount.com'
const set =
  'principalSet://iam.googleapis.com/projects/4242/locations/global/workloadIdentityPools/ci-pool/attribute.repository/acme/shop'
const member: Planned = {
  type: 'google_service_account_iam_member',
  name: 'ci',
  values: { service_account_id: account, role: 'roles/iam.workloadIdentityUser', member: set, condition: [] },
  unknown: { etag: true, id: true, condition: [] },
}
const policy: Planned = {
  type: 'google_service_account_iam_policy',
  name: 'ci',
  values: {
    service_account_id: account,
    policy_data: JSON.stringify({ bindings: [{ members: [set], role: 'roles/iam.workloadIdentityUser' }] }),
  },
  unknown: { etag: true, id: true },
}
const credential: Planned = {
  type: 'azuread_application_federated_identity_credential',
  name: 'main',
  values: {
    application_id: '/applications/11111111-2222-4333-8444-555555555555',
    display_name: 'main',
    audiences: ['api://AzureADTokenExchange'],
    issuer: 'https://token.actions.githubusercontent.com',
    subject: 'repo:acme/shop:ref:refs/heads/main',
    description: '',
    timeouts: null,
  },
  unknown: { credential_id: true, id: true, audiences: [false] },
}
const managed: Planned = {
  type: 'azurerm_federated_identity_credential',
  name: 'pod',
  values: {
    name: 'pod',
    audience: ['api://AzureADTokenExchange'],
    issuer: 'https://oidc.prod-aks.azure.com/11111111-2222-4333-8444-555555555555/',
    subject: 'system:serviceaccount:shop:orders',
  },
  unknown: { id: true, parent_id: true, audience: [false] },
}

/** As `terraform show -json` prints plans of new roles, providers and credentials: of AWS in a module, of Google, of Azure. */
export const terraformPlans: readonly string[] = [
  plan([oidc, undecided], [role]),
  plan([poolProvider, member, { ...member, name: 'again' }, policy]),
  plan([credential], [managed]),
]
