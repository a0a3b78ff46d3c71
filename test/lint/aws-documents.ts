import { type Documents, github, main } from './names.ts'

export const aud = { [`${github}:aud`]: 'sts.amazonaws.com' }
export const sub = (value: string) => ({ [`${github}:sub`]: value })

export const statement = (Condition: object, host = github) => ({
  Effect: 'Allow',
  Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${host}` },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition,
})
export const role = (Condition: object, host = github) => ({
  Version: '2012-10-17',
  Statement: [statement(Condition, host)],
})

/** For each rule, documents in which it finds something. */
export const wrong: Documents = {
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
    role({ StringEquals: aud, StringLike: sub('repo:acme/web*') }),
    role({ StringEquals: aud, StringLike: sub('repo:acme/web-*:ref:refs/heads/main') }),
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
}

/** Sound ones: about these nothing is said. */
export const sound: Readonly<Record<string, object>> = {
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
}
