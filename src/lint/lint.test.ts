import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { chooseTarget } from '../cli/explain-target.ts'
import type { TokenRuleDocument } from '../registry/documents.ts'
import { type GivenTrust, together } from '../registry/given.ts'
import { parseGiven, readGiven } from '../registry/read-given.ts'
import { explainOffline } from '../sts/explain-offline.ts'
import { unsignedToken } from '../sts/unsigned-token.ts'
import { lint } from './lint.ts'
import type { Claims, Finding } from './rule.ts'
import { rules } from './rules.ts'

const nowMs = Date.parse('2026-11-22T00:00:00Z')
const github = 'token.actions.githubusercontent.com'
const aud = { [`${github}:aud`]: 'sts.amazonaws.com' }
const sub = (value: string) => ({ [`${github}:sub`]: value })
const main = 'repo:acme/shop:ref:refs/heads/main'

const statement = (Condition: object, host = github) => ({
  Effect: 'Allow',
  Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${host}` },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition,
})
const role = (Condition: object, host = github) => ({
  Version: '2012-10-17',
  Statement: [statement(Condition, host)],
})

const pool = 'projects/111/locations/global/workloadIdentityPools/ci-pool'
const provider = (attributeCondition: string | undefined, more: object = {}) => ({
  name: `${pool}/providers/github`,
  attributeMapping: {
    'google.subject': 'assertion.sub',
    'attribute.repository': 'assertion.repository',
    'attribute.ref': 'assertion.ref',
  },
  ...(attributeCondition !== undefined && { attributeCondition }),
  oidc: { issuerUri: `https://${github}`, allowedAudiences: [] },
  ...more,
})
const ownerId = "assertion.repository_owner_id == '123'"
const issuedBy = (issuerUri: string) => ({
  oidc: { issuerUri, allowedAudiences: [] },
  attributeMapping: { 'google.subject': 'assertion.sub' },
})
const ofAccount = (attributeCondition: string) => ({
  name: `${pool}/providers/aws-provider`,
  aws: { accountId: '123456789012' },
  attributeMapping: { 'google.subject': 'assertion.arn' },
  attributeCondition,
})
const gitlab = issuedBy('https://gitlab.com')
const circleci = issuedBy('https://oidc.circleci.com/org/acme')
const account = (member: string) => ({
  bindings: [{ role: 'roles/iam.workloadIdentityUser', members: [member] }],
  etag: 'BwX',
})

/** A whole project, as trust.yaml has it. */
const project = (projectRole: string, member: string) => {
  const { name: _, ...rest } = provider(ownerId)
  return {
    google: [
      {
        projectNumber: '111',
        projectId: 'acme',
        bindings: [{ role: projectRole, members: [member] }],
        pools: [{ id: 'ci-pool', providers: [{ id: 'github', ...rest }] }],
        serviceAccounts: [{ email: 'ci@acme.iam.gserviceaccount.com', bindings: [] }],
      },
    ],
  }
}

const [orders, stock] = ['https://orders.acme.example', 'https://stock.acme.example']
const onprem = 'https://tokens.acme.example'
const cluster = 'https://kubernetes.example'
const ordersRead = { identifier: orders, scopes: ['orders.read'] }
const stockRead = { identifier: stock, scopes: ['stock.read'] }

/** An authorization server with one rule. */
const server = (rule: object, more: object = {}) => ({
  authorizationServers: [
    {
      issuer: onprem,
      providers: [
        `https://${github}`,
        'https://gitlab.com',
        cluster,
        'https://oidc.circleci.com/org/acme',
      ].map((issuer) => ({ issuer })),
      resources: [
        { identifier: orders, scopes: ['orders.read', 'orders.write'], introspectionClients: ['orders'] },
        { identifier: stock, scopes: ['stock.read'] },
      ],
      clients: ['orders', 'stock'].map((clientId) => ({
        clientId,
        assertions: [{ issuer: cluster, subject: `system:serviceaccount:shop:${clientId}` }],
      })),
      rules: [{ name: 'ci', resources: [ordersRead], ...rule }],
      ...more,
    },
  ],
})
const jobs = (condition: string | undefined, issuer = `https://${github}`) =>
  server({ issuer, ...(condition !== undefined && { condition }) })
const branch = `assertion.sub == '${main}' && ${ownerId}`
const onward = { issuer: onprem, resources: [stockRead] }
const forOrders = `assertion.aud == '${orders}'`

const entra = { name: 'ci', issuer: `https://${github}`, audiences: ['api://AzureADTokenExchange'] }
const flexible = (value: string) => ({ ...entra, claimsMatchingExpression: { value, languageVersion: 1 } })

/** For each rule, documents in which it finds something. */
const wrong: Readonly<Record<string, readonly object[]>> = {
  'aws-missing-sub': [
    role({ StringEquals: aud }),
    role({ StringEquals: { 'app.terraform.io:aud': 'aws.workload.identity' } }, 'app.terraform.io'),
    role({ StringEquals: { ...aud, [`${github}:ref`]: 'refs/heads/main' } }),
  ],
  'aws-any-account': [
    {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }],
    },
  ],
  'aws-unprotected-ref': [
    role(
      { StringEquals: { 'gitlab.com:sub': 'project_path:acme/shop:ref_type:branch:ref:main' } },
      'gitlab.com',
    ),
  ],
  'aws-workflow-branch': [
    role({
      StringEquals: {
        ...aud,
        ...sub(main),
        [`${github}:job_workflow_ref`]: 'acme/ci/.github/workflows/deploy.yml@refs/heads/main',
      },
    }),
    role({
      StringEquals: { ...aud, ...sub(main) },
      StringLike: { [`${github}:job_workflow_ref`]: 'acme/ci/.github/workflows/deploy.yml@*' },
    }),
  ],
  'aws-varying-subject': [
    role(
      {
        StringEquals: {
          'agent.buildkite.com:sub':
            'organization:acme:pipeline:shop:ref:refs/heads/main:commit:9f3182061f1e2cca4702c368cbc039b7dc9d4485:step:deploy',
        },
      },
      'agent.buildkite.com',
    ),
  ],
  'aws-any-issuer': [
    { Version: '2012-10-17', Statement: { ...statement({}), Principal: { Federated: '*' } } },
    { Version: '2012-10-17', Statement: { ...statement({}), Principal: '*', Condition: undefined } },
  ],
  'aws-sub-any-owner': [
    ...['*', 'repo:*', 'repo:*/*', 'repo:acme*', 'repo:*/shop:ref:refs/heads/main'].map((each) =>
      role({ StringEquals: aud, StringLike: sub(each) }),
    ),
    role({ StringLike: { 'gitlab.com:sub': 'project_path:*' } }, 'gitlab.com'),
    role({ StringLike: { 'app.terraform.io:sub': 'organization:*' } }, 'app.terraform.io'),
    role({ StringLike: { 'oidc.example:sub': 'system:serviceaccount:*' } }, 'oidc.example'),
    role({ StringEquals: aud, StringLike: { [`${github}:sub`]: [main, 'repo:*'] } }),
  ],
  'aws-workflow-any-caller': [
    role({
      StringEquals: {
        ...aud,
        [`${github}:job_workflow_ref`]: 'acme/ci/.github/workflows/deploy.yml@refs/heads/main',
      },
    }),
  ],
  'aws-pull-request': [
    role({ StringEquals: aud, StringLike: sub('repo:acme/shop:*') }),
    role({ StringEquals: { ...aud, ...sub('repo:acme/shop:pull_request') } }),
    role({ StringEquals: aud, StringLike: sub('repo:acme/*') }),
    role({
      StringEquals: { ...aud, [`${github}:repository_id`]: '456' },
      StringLike: sub('repo:acme/shop:*'),
    }),
    role(
      {
        StringLike: {
          'app.terraform.io:sub': 'organization:acme:project:default:workspace:shop:run_phase:*',
        },
      },
      'app.terraform.io',
    ),
    // Builds of forks have the organisation's own IDs.
    role(
      { StringLike: { 'oidc.circleci.com/org/acme:sub': 'org/acme/project/shop/user/*' } },
      'oidc.circleci.com/org/acme',
    ),
    // A fork's branch may be called so that the end fits.
    role(
      {
        StringLike: {
          'oidc.circleci.com/org/acme:sub':
            'org/acme/project/shop/user/*/vcs-origin/github.com/acme/shop/vcs-ref/refs/heads/main',
        },
      },
      'oidc.circleci.com/org/acme',
    ),
  ],
  'aws-for-all-values': [
    role({
      StringEquals: { ...aud, ...sub(main) },
      'ForAllValues:StringEquals': { [`${github}:environment`]: 'production' },
    }),
  ],
  'aws-if-exists': [
    role({
      StringEquals: { ...aud, ...sub(main) },
      StringEqualsIfExists: { [`${github}:environment`]: 'production' },
    }),
  ],
  'aws-optional-operator': [
    role({ 'ForAllValues:StringLike': { ...aud, ...sub(main) } }),
    role({ StringEquals: aud, StringEqualsIfExists: sub(main) }),
  ],
  'aws-confused-deputy': [
    {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' },
      ],
    },
    {
      RoleName: 'r',
      Arn: 'arn:aws:iam::123456789012:role/r',
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::999999999999:root' }, Action: 'sts:AssumeRole' },
        ],
      },
    },
  ],
  'aws-negated-operator': [
    role({ StringEquals: aud, StringNotLike: sub('repo:acme/shop:pull_request') }),
    role({
      StringEquals: { ...aud, ...sub(main) },
      StringNotEquals: { [`${github}:environment`]: 'staging' },
    }),
  ],
  'aws-null-true': [
    role({ StringEquals: { ...aud, ...sub(main) }, Null: { [`${github}:environment`]: 'true' } }),
  ],
  'aws-sub-any-project': [
    role({ StringEquals: aud, StringLike: sub('repo:acme/*') }),
    role({ StringLike: { 'gitlab.com:sub': 'project_path:acme/*' } }, 'gitlab.com'),
    role({ StringLike: { 'agent.buildkite.com:sub': 'organization:acme:*' } }, 'agent.buildkite.com'),
    role({ StringLike: { 'oidc.example:sub': 'system:serviceaccount:shop:*' } }, 'oidc.example'),
  ],
  'aws-any-ref': [
    role({ StringEquals: aud, StringLike: sub('repo:acme/shop:ref:refs/heads/*') }),
    role({ StringLike: { 'gitlab.com:sub': 'project_path:acme/shop:*' } }, 'gitlab.com'),
  ],
  'aws-missing-aud': [role({ StringEquals: sub(main) })],
  'aws-shared-audience': [
    role(
      { StringEquals: { 'gitlab.com:aud': 'https://gitlab.com', 'gitlab.com:project_id': '20' } },
      'gitlab.com',
    ),
    role({ StringEquals: { [`${github}:aud`]: 'https://github.com/acme', ...sub(main) } }),
  ],
  'aws-literal-wildcard': [
    role({ StringEquals: { ...aud, ...sub('repo:acme/shop:*') } }),
    role({ StringEquals: { ...aud, ...sub('repo:acme/*') } }),
  ],
  'aws-key-not-offered': [
    role(
      {
        StringEquals: {
          'gitlab.com:sub': 'project_path:acme/shop:ref_type:branch:ref:main',
          'gitlab.com:environment': 'production',
        },
      },
      'gitlab.com',
    ),
    // A GitLab of one's own has none of the keys that gitlab.com has.
    role(
      {
        StringEquals: {
          'gitlab.example.com:sub': 'project_path:acme/shop:ref_type:branch:ref:main',
          'gitlab.example.com:project_id': '20',
        },
      },
      'gitlab.example.com',
    ),
  ],
  'aws-other-issuer-key': [
    role(
      { StringEquals: { 'gitlab.com:sub': 'project_path:acme/shop:ref_type:branch:ref:main' } },
      'gitlab.example.com',
    ),
  ],
  'aws-name-not-id': [
    role({ StringEquals: { ...aud, ...sub(main) } }),
    role(
      { StringEquals: { 'gitlab.com:sub': 'project_path:acme/shop:ref_type:branch:ref:main' } },
      'gitlab.com',
    ),
  ],
  'google-missing-condition': [
    provider(undefined),
    provider(undefined, {
      oidc: { issuerUri: 'https://gitlab.com', allowedAudiences: [] },
      attributeMapping: { 'google.subject': 'assertion.sub' },
    }),
  ],
  'google-condition-any-owner': [
    provider("assertion.ref == 'refs/heads/main'"),
    provider("attribute.ref == 'refs/heads/main' && assertion.event_name == 'push'"),
    provider("assertion.ref.matches('^refs/heads/(main|release)$')"),
    provider("assertion.ref.startsWith('refs/heads/')"),
    provider("assertion.repository_owner != 'evil'"),
  ],
  'google-absent-claim': [
    provider(`${ownerId} && (!has(assertion.environment) || assertion.environment == 'production')`),
    provider(`${ownerId} && (!('environment' in assertion) || assertion.environment == 'production')`),
  ],
  'google-literal-wildcard': [
    provider("assertion.sub == 'repo:acme/*'"),
    provider(`${ownerId} && attribute.repository == "acme/*"`),
  ],
  'google-workflow-branch': [
    provider(
      `${ownerId} && assertion.job_workflow_ref == 'acme/ci/.github/workflows/deploy.yml@refs/heads/main'`,
    ),
  ],
  'google-unprotected-ref': [
    provider("assertion.namespace_id == '72' && assertion.ref == 'main'", gitlab),
    provider(
      "assertion.project_id == '20' && assertion.sub == 'project_path:acme/shop:ref_type:branch:ref:main'",
      gitlab,
    ),
  ],
  'google-aws-open-role': [
    "startsWith('arn:aws:sts::123456789012:assumed-role/deploy')",
    "contains('assumed-role/deploy')",
    "contains('deploy')",
  ].map((comparison) => ofAccount(`assertion.arn.${comparison}`)),
  'google-fork': [provider(undefined, circleci)],
  'google-ssh-rerun': [
    provider("assertion['oidc.circleci.com/vcs-origin'] == 'github.com/acme/shop'", circleci),
  ],
  'google-open-prefix': [
    provider("assertion.repository.startsWith('acme')"),
    provider("assertion.sub.startsWith('repo:acme')"),
    provider('attribute.repository.startsWith("acme")'),
  ],
  'google-unanchored-matches': [
    provider("assertion.repository.matches('acme/shop')"),
    provider("assertion.repository.matches('^acme/.*')".replace('.*', 'shop')),
    provider("assertion.repository.matches('acme/(shop|web)$')"),
  ],
  'google-number-unequal': [
    provider("assertion.repository_owner == 'acme' && assertion.repository_id != 20"),
  ],
  'google-number-equal': [provider('assertion.repository_owner_id == 123')],
  'google-shared-audience': [
    provider(ownerId, {
      oidc: { issuerUri: `https://${github}`, allowedAudiences: ['sts.amazonaws.com', 'mine'] },
    }),
    provider(ownerId, {
      oidc: { issuerUri: `https://${github}`, allowedAudiences: ['https://github.com/acme'] },
    }),
  ],
  'google-name-not-id': [
    provider("assertion.repository == 'acme/shop'"),
    provider("assertion.repository_owner == 'acme'"),
  ],
  'google-binding-whole-pool': [[provider(ownerId), account(`principalSet://iam.googleapis.com/${pool}/*`)]],
  'google-binding-everyone': [
    account('allUsers'),
    account('allAuthenticatedUsers'),
    project('roles/viewer', 'allAuthenticatedUsers'),
  ],
  'google-binding-any-project': [
    [provider(ownerId), account(`principalSet://iam.googleapis.com/${pool}/attribute.ref/refs/heads/main`)],
    [
      provider(ownerId, {
        attributeMapping: {
          'google.subject': 'assertion.sub',
          'attribute.owner': 'assertion.repository_owner',
        },
      }),
      account(`principalSet://iam.googleapis.com/${pool}/attribute.owner/acme`),
    ],
  ],
  'google-pull-request': [
    [provider(ownerId), account(`principalSet://iam.googleapis.com/${pool}/attribute.repository/acme/shop`)],
    [
      provider(ownerId),
      account(`principal://iam.googleapis.com/${pool}/subject/repo:acme/shop:pull_request`),
    ],
  ],
  'google-any-ref': [
    [
      provider("assertion.namespace_id == '72'", {
        ...gitlab,
        attributeMapping: { 'google.subject': 'assertion.sub', 'attribute.project': 'assertion.project_id' },
      }),
      account(`principalSet://iam.googleapis.com/${pool}/attribute.project/20`),
    ],
  ],
  'google-binding-literal-wildcard': [
    [provider(ownerId), account(`principal://iam.googleapis.com/${pool}/subject/repo:acme/shop:*`)],
    [provider(ownerId), account(`principalSet://iam.googleapis.com/${pool}/attribute.repository/acme/*`)],
  ],
  'google-ambiguous-mapping': [
    [
      provider("assertion.ref == 'refs/heads/main'", {
        attributeMapping: {
          'google.subject': 'assertion.sub',
          'attribute.team': "assertion.repository_owner + '-' + assertion.environment",
        },
      }),
      account(`principalSet://iam.googleapis.com/${pool}/attribute.team/acme-shop-production`),
    ],
  ],
  'google-project-every-account': [
    project('roles/iam.workloadIdentityUser', `principal://iam.googleapis.com/${pool}/subject/${main}`),
    project(
      'roles/iam.serviceAccountTokenCreator',
      `principalSet://iam.googleapis.com/${pool}/attribute.repository/acme/shop`,
    ),
  ],
  'google-strong-role': [
    ...['owner', 'editor', 'viewer', 'iam.securityAdmin', 'resourcemanager.projectIamAdmin'].map((role) =>
      project(`roles/${role}`, `principal://iam.googleapis.com/${pool}/subject/${main}`),
    ),
    {
      bindings: [
        { role: 'roles/owner', members: [`principal://iam.googleapis.com/${pool}/subject/${main}`] },
      ],
      etag: 'BwX',
    },
  ],
  'google-shared-subjects': [
    [
      provider(ownerId),
      {
        ...provider("assertion.namespace_id == '72'", issuedBy('https://gitlab.example.com')),
        name: `${pool}/providers/gitlab`,
        attributeMapping: {
          'google.subject': "'gitlab::' + assertion.sub",
          'attribute.repository': 'assertion.project_path',
        },
      },
      account(`principalSet://iam.googleapis.com/${pool}/attribute.repository/acme/shop`),
    ],
    [
      provider(ownerId),
      {
        ...provider("assertion.namespace_id == '72'", {
          oidc: { issuerUri: 'https://gitlab.example.com', allowedAudiences: [] },
        }),
        name: `${pool}/providers/gitlab`,
        attributeMapping: { 'google.subject': 'assertion.sub' },
      },
      account(`principal://iam.googleapis.com/${pool}/subject/${main}`),
    ],
  ],
  'oauth-missing-condition': [jobs(undefined), jobs(undefined, 'https://gitlab.com')],
  'oauth-condition-any-owner': [jobs("assertion.ref == 'refs/heads/main'")],
  'oauth-open-prefix': [jobs("assertion.sub.startsWith('repo:acme')")],
  'oauth-unanchored-matches': [jobs("assertion.repository.matches('acme/shop')")],
  'oauth-absent-claim': [
    jobs(`${branch} && (!has(assertion.environment) || assertion.environment == 'production')`),
  ],
  'oauth-number-unequal': [jobs(`${branch} && assertion.repository_id != 20`)],
  'oauth-number-equal': [jobs(`assertion.sub == '${main}' && assertion.repository_owner_id == 123`)],
  'oauth-fork': [
    jobs("assertion.sub == 'org/acme/project/shop/user/jo'", 'https://oidc.circleci.com/org/acme'),
  ],
  'oauth-ssh-rerun': [
    jobs("assertion.sub == 'org/acme/project/shop/user/jo'", 'https://oidc.circleci.com/org/acme'),
  ],
  'oauth-literal-wildcard': [jobs("assertion.sub == 'repo:acme/*'")],
  'oauth-name-not-id': [jobs(`assertion.sub == '${main}'`)],
  'oauth-workflow-branch': [
    jobs(`${branch} && assertion.job_workflow_ref == 'acme/ci/.github/workflows/deploy.yml@refs/heads/main'`),
  ],
  'oauth-unprotected-ref': [
    jobs("assertion.project_id == '20' && assertion.ref == 'main'", 'https://gitlab.com'),
  ],
  'oauth-pull-request': [jobs("assertion.repository_id == '456'"), jobs(ownerId)],
  'oauth-any-project': [jobs(ownerId), jobs(undefined, cluster)],
  'oauth-any-ref': [
    jobs("assertion.repository_id == '456'"),
    jobs("assertion.project_id == '20'", 'https://gitlab.com'),
  ],
  'oauth-onward-any-audience': [server({ ...onward, clients: ['orders'] })],
  'oauth-onward-any-client': [
    server({ ...onward, condition: forOrders }),
    server(
      { ...onward, condition: forOrders },
      {
        clients: [],
        resources: [
          { identifier: orders, scopes: [] },
          { identifier: stock, scopes: ['stock.read'] },
        ],
      },
    ),
  ],
  'oauth-any-actor': [
    server({ issuer: `https://${github}`, condition: branch, actor: { issuer: cluster } }),
    server({ issuer: `https://${github}`, condition: branch, actor: { issuer: cluster, required: false } }),
    server({ ...onward, condition: forOrders, clients: ['orders'], actor: { issuer: cluster } }),
  ],
  'oauth-every-resource': [
    server({
      issuer: `https://${github}`,
      condition: branch,
      resources: [{ identifier: orders, scopes: ['orders.read', 'orders.write'] }, stockRead],
    }),
  ],
  'oauth-shared-audience': [
    server(
      { issuer: `https://${github}`, condition: branch },
      {
        providers: [
          { issuer: `https://${github}`, audiences: ['sts.amazonaws.com', 'mine'] },
          { issuer: cluster },
        ],
      },
    ),
    server(
      { issuer: `https://${github}`, condition: branch },
      {
        providers: [
          { issuer: `https://${github}`, audiences: ['https://github.com/acme'] },
          { issuer: cluster },
        ],
      },
    ),
  ],
  'oauth-long-lifetime': [
    server({ issuer: `https://${github}`, condition: branch }, { accessTokens: { lifetimeSeconds: 7200 } }),
  ],
  'oauth-client-literal-wildcard': [
    server(
      { issuer: `https://${github}`, condition: branch },
      {
        clients: [
          { clientId: 'orders', assertions: [{ issuer: cluster, subject: 'system:serviceaccount:shop:*' }] },
        ],
      },
    ),
  ],
  'oauth-open-introspection': [
    server(
      { issuer: `https://${github}`, condition: branch },
      {
        resources: [
          { identifier: orders, scopes: ['orders.read'], introspectionClients: ['orders', 'stock'] },
        ],
      },
    ),
  ],
  'entra-any-owner': ['repo:*', 'repo:acme*'].map((each) => flexible(`claims['sub'] matches '${each}'`)),
  'entra-any-ref': [
    flexible("claims['sub'] matches 'repo:acme/shop:ref:refs/heads/*'"),
    {
      ...flexible("claims['sub'] matches 'project_path:acme/shop:*' and claims['project_id'] eq '20'"),
      issuer: 'https://gitlab.com',
    },
  ],
  'entra-varying-subject': [
    {
      ...entra,
      issuer: 'https://agent.buildkite.com',
      subject: 'organization:acme:pipeline:shop:ref:refs/heads/main:commit:9f31820:step:deploy',
    },
  ],
  'entra-workflow-branch': [
    flexible(
      "claims['sub'] eq 'repo:acme/shop:ref:refs/heads/main' and claims['job_workflow_ref'] matches 'acme/ci/.github/workflows/deploy.yml@*'",
    ),
  ],
  'entra-any-project': [flexible("claims['sub'] matches 'repo:acme/*'")],
  'entra-pull-request': [
    flexible("claims['sub'] matches 'repo:acme/shop:*'"),
    { ...entra, subject: 'repo:acme/shop:pull_request' },
    flexible("claims['sub'] matches 'repo:acme/*'"),
  ],
  'entra-literal-wildcard': [{ ...entra, subject: 'repo:acme/shop:*' }],
  'entra-shared-audience': [{ ...entra, audiences: ['sts.amazonaws.com'], subject: main }],
  'entra-name-not-id': [
    { ...entra, subject: main },
    flexible(`claims['sub'] matches 'repo:acme/shop:environment:prod*'`),
    {
      ...entra,
      issuer: 'https://gitlab.com',
      subject: 'project_path:acme/shop:ref_type:branch:ref:main',
    },
  ],
}

/** Sound ones: about these nothing is said. */
const sound: Readonly<Record<string, object>> = {
  'a role for one branch of a repository, by its number': role({
    StringEquals: { ...aud, ...sub(main), [`${github}:repository_id`]: '456' },
  }),
  'a role for an immutable subject': role({
    StringEquals: { ...aud, ...sub('repo:acme@123/shop@456:environment:production') },
  }),
  'a role for one ServiceAccount': role(
    {
      StringEquals: {
        'oidc.example:aud': 'sts.amazonaws.com',
        'oidc.example:sub': 'system:serviceaccount:shop:uploader',
      },
    },
    'oidc.example',
  ),
  'a role for a protected branch of a project, by its number': role(
    {
      StringEquals: {
        'gitlab.com:aud': 'https://aws.acme.example',
        'gitlab.com:project_id': '20',
        'gitlab.com:ref_protected': 'true',
      },
    },
    'gitlab.com',
  ),
  'a role for a service': {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  },
  'a pattern that another condition closes': role({
    StringEquals: { ...aud, [`${github}:repository_id`]: '456', [`${github}:environment`]: 'production' },
    StringLike: sub('repo:acme/shop:environment:production'),
  }),
  'a pattern that a condition on the branch closes': role({
    StringEquals: { ...aud, [`${github}:repository_id`]: '456', [`${github}:ref`]: 'refs/heads/main' },
    StringLike: sub('repo:acme/shop:*'),
  }),
  'a provider for one owner, by its number, bound to one branch of one repository': [
    provider(ownerId),
    account(`principal://iam.googleapis.com/${pool}/subject/${main}`),
  ],
  'a provider for one branch, bound to one repository': [
    provider(`${ownerId} && assertion.ref == 'refs/heads/main'`),
    account(`principalSet://iam.googleapis.com/${pool}/attribute.repository/acme/shop`),
  ],
  'a role on a project that is what a job needs': project(
    'roles/storage.objectAdmin',
    `principal://iam.googleapis.com/${pool}/subject/${main}`,
  ),
  'an anchored pattern beside a number': provider(
    `${ownerId} && assertion.repository.matches('^acme/(shop|web)$')`,
  ),
  'a provider for one role of an AWS account': ofAccount(
    "assertion.arn.startsWith('arn:aws:sts::123456789012:assumed-role/deploy/')",
  ),
  'a cluster of one’s own without a condition': provider(undefined, {
    oidc: { issuerUri: 'https://oidc.example', allowedAudiences: [] },
  }),
  'a rule for one branch of a repository': jobs(branch),
  'a rule for one workload of a cluster': jobs("assertion.sub == 'system:serviceaccount:shop:web'", cluster),
  'a rule for the access tokens of one resource, by its client': server({
    ...onward,
    condition: forOrders,
    clients: ['orders'],
  }),
  'a rule by which one workload acts for others': server({
    issuer: `https://${github}`,
    condition: `${branch} && actor.sub == 'system:serviceaccount:shop:orders'`,
    actor: { issuer: cluster },
  }),
  'long tokens that every rule cuts short': server(
    { issuer: `https://${github}`, condition: branch, lifetimeSeconds: 900 },
    { accessTokens: { lifetimeSeconds: 86_400 } },
  ),
  'a credential for an immutable subject': {
    ...entra,
    subject: 'repo:acme@123/shop@456:ref:refs/heads/main',
  },
  'a credential for a ServiceAccount': {
    ...entra,
    issuer: 'https://oidc.example',
    subject: 'system:serviceaccount:shop:uploader',
  },
}

const filesOf = (document: object) => [document].flat().map((each) => JSON.stringify(each, null, 2))
const givenBy = (files: readonly string[]) => together(files.map((each, i) => parseGiven(each, `${i}.json`)))

/** What explain says, with the files as they are or one of them replaced: not lint's own judgement. */
async function decide(files: readonly string[], claims: Claims, asked?: Asked) {
  const given = givenBy(files)
  if (given.authorizationServers.length > 0) return decideOauth(given, claims, asked)
  const email = given.serviceAccounts[0]?.document.email
  const { trust, target } = chooseTarget(given, email ? { serviceAccount: email } : {}, claims.iss)
  const { presented } = unsignedToken(claims, nowMs)
  return (await explainOffline({ trust, presented, target, nowMs })).decision
}

type Asked = Pick<NonNullable<Finding['example']>, 'client' | 'resource' | 'actor'>

/** Where it is not said what is asked for, and by whom: what the rule has first, and an actor that it speaks of. */
async function decideOauth(given: GivenTrust, claims: Claims, asked?: Asked) {
  const { issuer, rules } = given.authorizationServers[0]!.document
  const [{ clients, resources, condition = '', actor: acting }] = rules as [TokenRuleDocument]
  const sub = /actor\.sub == ["'](.*?)["']/.exec(condition)?.[1]
  const usual = {
    client: clients?.[0],
    resource: resources[0]!.identifier,
    actor: undefined as Claims | undefined,
  }
  if (acting && sub) usual.actor = { iss: acting.issuer, sub, aud: issuer }
  const { client, resource, actor } = asked ?? usual
  const { presented } = unsignedToken(claims, nowMs)
  const found = await explainOffline({
    trust: given,
    presented,
    nowMs,
    target: {
      cloud: 'oauth',
      authorizationServer: issuer,
      resources: [resource!],
      scopes: [],
      ...(client !== undefined && { client }),
      ...(actor && { actor }),
    },
  })
  return found.decision
}

function mended(files: readonly string[], { file, fixed }: Finding): string[] {
  return files.map((each, i) => (`${i}.json` === file ? JSON.stringify(placed(each, fixed)) : each))
}

/** Of a whole project what is printed are its bindings. */
function placed(file: string, fixed: unknown): unknown {
  const { google } = JSON.parse(file)
  return google ? { google: [{ ...google[0], ...(fixed as object) }] } : fixed
}

/** What no token can show. */
const withoutToken = new Set([
  'aws-optional-operator',
  'aws-confused-deputy',
  'aws-any-account',
  'aws-workflow-branch',
  'google-binding-everyone',
  'google-strong-role',
  'google-workflow-branch',
  'oauth-workflow-branch',
  'oauth-long-lifetime',
  'oauth-client-literal-wildcard',
  'oauth-open-introspection',
  'entra-varying-subject',
  'entra-workflow-branch',
])

/** What nobody should have: to mend it is to take it away. */
const withoutLegitimate = new Set(['google-project-every-account'])

test('every rule has a document here in which it finds something, and an ID of its own', () => {
  assert.deepEqual(Object.keys(wrong).sort(), rules.map(({ id }) => id).sort())
  assert.equal(new Set(rules.map(({ id }) => id)).size, rules.length)
})

for (const [id, documents] of Object.entries(wrong))
  for (const [i, document] of documents.entries())
    test(`${id}: document ${i} has a token that shows it, and a fixed document that ends it`, async () => {
      const files = filesOf(document)
      const found = await lint(givenBy(files))
      const finding = found.find((each) => each.rule === id)
      assert.ok(finding?.fixed, found.map(({ rule }) => rule).join())
      const after = mended(files, finding)
      const again = (await lint(givenBy(after))).filter(({ file }) => file === finding.file)
      assert.deepEqual(
        again.map(({ rule, message }) => [rule, message]),
        [],
        JSON.stringify(finding.fixed, null, 2),
      )
      const { example, legitimate } = finding
      if (withoutToken.has(id)) return assert.equal(example, undefined)
      assert.equal(await decide(files, example!.claims, example), example!.decision)
      assert.notEqual(await decide(after, example!.claims, example), example!.decision)
      if (withoutLegitimate.has(id)) return assert.equal(legitimate, undefined)
      assert.equal(await decide(after, legitimate!), 'allow')
    })

for (const [what, document] of Object.entries(sound))
  test(`${what} is quiet`, async () => {
    const found = await lint(givenBy(filesOf(document)))
    assert.deepEqual(
      found.map(({ rule, example }) => [rule, example]),
      [],
    )
  })

test('the examples of this repository are sound', async () => {
  const file = fileURLToPath(new URL('../../examples/trust.yaml', import.meta.url))
  const found = await lint(readGiven(file))
  assert.deepEqual(
    found.map(({ rule, line }) => `${rule} ${line}`),
    [],
  )
})

test('a whole pool is told of also where no provider of it is at hand', async () => {
  const [finding] = await lint(givenBy(filesOf(account(`principalSet://iam.googleapis.com/${pool}/*`))))
  assert.equal(finding!.rule, 'google-binding-whole-pool')
  assert.equal(finding!.example, undefined)
})

test('of several holes in one document each is told, and the fixed document has none', async () => {
  const two = {
    Version: '2012-10-17',
    Statement: [statement({ StringLike: sub('repo:*') }), statement({ StringLike: sub('repo:acme/*') })],
  }
  const bindings = [
    { role: 'roles/iam.workloadIdentityUser', members: [`principalSet://iam.googleapis.com/${pool}/*`] },
    {
      role: 'roles/iam.workloadIdentityUser',
      members: [`principalSet://iam.googleapis.com/${pool}/attribute.ref/refs/heads/main`],
    },
  ]
  for (const document of [two, [provider(ownerId), { bindings, etag: 'BwX' }]]) {
    const files = filesOf(document)
    const found = await lint(givenBy(files))
    assert.ok(found.length >= 2)
    for (const finding of found) {
      assert.ok(finding.fixed, finding.rule)
      const after = mended(files, finding)
      assert.deepEqual(
        (await lint(givenBy(after))).map(({ rule }) => rule),
        [],
      )
      if (finding.example) assert.equal(await decide(after, finding.example.claims), 'deny')
    }
  }
})

test('a finding is told at its line, the worst first', async () => {
  const closed = statement({ StringEquals: { ...aud, ...sub(main) } })
  const open = { Version: '2012-10-17', Statement: [closed, statement({ StringLike: sub('repo:*') })] }
  const text = JSON.stringify(open, null, 2)
  const found = await lint(givenBy([text]))
  assert.equal(found[0]!.rule, 'aws-sub-any-owner')
  assert.match(text.split('\n')[found[0]!.line - 1]!, /"repo:\*"/)
})

test('whatever a policy holds, what is reported can be seen with explain', async () => {
  const host = fc.constantFrom(github, 'gitlab.com', 'app.terraform.io', 'oidc.example')
  const value = fc.constantFrom(
    '*',
    'repo:*',
    'repo:acme/*',
    'repo:acme/shop:*',
    main,
    'project_path:acme/*',
    'organization:acme:*',
    'system:serviceaccount:a:*',
    'production',
    'true',
    '',
  )
  const operator = fc.constantFrom(
    'StringEquals',
    'StringLike',
    'StringNotEquals',
    'StringLikeIfExists',
    'ForAllValues:StringLike',
    'ForAnyValue:StringEquals',
  )
  const claim = fc.constantFrom(
    'sub',
    'aud',
    'repository',
    'repository_id',
    'environment',
    'job_workflow_ref',
  )
  const condition = fc.tuple(operator, host, claim, fc.oneof(value, fc.array(value, { maxLength: 2 })))
  const policy = fc.tuple(host, fc.array(condition, { maxLength: 4 })).map(([principal, conditions]) => {
    const block: Record<string, Record<string, unknown>> = {}
    for (const [name, from, key, expected] of conditions)
      block[name] = { ...block[name], [`${from === 'oidc.example' ? principal : from}:${key}`]: expected }
    return role(block, principal)
  })
  await fc.assert(
    fc.asyncProperty(policy, async (document) => {
      const files = filesOf(document)
      for (const finding of await lint(givenBy(files))) {
        const { example, legitimate } = finding
        if (example) assert.equal(await decide(files, example.claims), example.decision)
        if (legitimate) assert.equal(await decide(mended(files, finding), legitimate), 'allow')
      }
    }),
    { numRuns: 150 },
  )
})

test('whatever a condition in CEL holds, what is reported can be seen, and the fixed document ends it', async () => {
  const text = fc.constantFrom(
    'acme',
    'acme/shop',
    'acme/*',
    'refs/heads/main',
    main,
    'repo:acme',
    '123',
    'production',
  )
  const claim = fc.constantFrom(
    ...[
      'sub',
      'repository',
      'repository_owner',
      'repository_owner_id',
      'repository_id',
      'ref',
      'environment',
    ],
    ...['job_workflow_ref', 'project_path', 'namespace_id', 'ref_protected'],
  )
  const form = fc.constantFrom(
    (name: string, value: string) => `assertion.${name} == '${value}'`,
    (name: string, value: string) => `assertion.${name} != '${value}'`,
    (name: string, value: string) => `assertion.${name}.startsWith('${value}')`,
    (name: string, value: string) => `assertion.${name}.matches('${value.replace('*', '.*')}')`,
    (name: string, value: string) => `assertion.${name} in ['${value}', 'x']`,
    (name: string, value: string) => `(!has(assertion.${name}) || assertion.${name} == '${value}')`,
    (name: string) => `assertion.${name} == 123`,
    (name: string) => `assertion.${name} != 20`,
  )
  const term = fc.tuple(form, claim, text).map(([make, name, value]) => make(name, value))
  const terms = fc.array(term, { minLength: 1, maxLength: 3 })
  const issuer = fc.constantFrom(
    `https://${github}`,
    'https://gitlab.com',
    'https://oidc.circleci.com/org/acme',
  )
  const condition = fc.tuple(terms, fc.constantFrom(' && ', ' || ')).map(([list, joint]) => list.join(joint))
  const ofGoogle = fc
    .tuple(condition, issuer)
    .map(([written, issuerUri]) => provider(written, { oidc: { issuerUri, allowedAudiences: [] } }))
  const ofServer = fc.tuple(condition, issuer).map(([written, url]) => jobs(written, url))
  await fc.assert(
    fc.asyncProperty(fc.oneof(ofGoogle, ofServer), async (document) => {
      const files = filesOf(document)
      for (const finding of await lint(givenBy(files))) {
        const { example, legitimate } = finding
        if (example)
          assert.equal(await decide(files, example.claims, example), example.decision, finding.rule)
        if (!finding.fixed) continue
        const after = mended(files, finding)
        if (legitimate) assert.equal(await decide(after, legitimate), 'allow', finding.rule)
        if (example) assert.notEqual(await decide(after, example.claims, example), example.decision)
      }
    }),
    { numRuns: 150 },
  )
})
