import { type Documents, github, main, ownerId, pool } from './names.ts'

export const provider = (attributeCondition: string | undefined, more: object = {}) => ({
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
export const account = (member: string) => ({
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

/** For each rule, documents in which it finds something. */
export const wrong: Documents = {
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
  'google-open-project-prefix': [
    provider("assertion.repository.startsWith('acme/web')"),
    provider(`${ownerId} && assertion.sub.startsWith("repo:acme/shop")`),
    provider("attribute.repository.startsWith('acme/web')"),
    provider(
      "assertion.sub.startsWith('organization:acme:project:default:workspace:shop')",
      issuedBy('https://app.terraform.io'),
    ),
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
}

/** Sound ones: about these nothing is said. */
export const sound: Readonly<Record<string, object>> = {
  'a provider for one workspace': provider(
    "assertion.sub.startsWith('organization:acme:project:default:workspace:shop:run_phase:apply')",
    issuedBy('https://app.terraform.io'),
  ),
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
}
