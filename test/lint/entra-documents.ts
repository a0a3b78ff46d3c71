import { type Documents, github, main } from './names.ts'

const entra = { name: 'ci', issuer: `https://${github}`, audiences: ['api://AzureADTokenExchange'] }
const flexible = (value: string) => ({ ...entra, claimsMatchingExpression: { value, languageVersion: 1 } })

/** For each rule, documents in which it finds something. */
export const wrong: Documents = {
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
  'entra-any-project': [
    flexible("claims['sub'] matches 'repo:acme/*'"),
    flexible("claims['sub'] matches 'repo:acme/web*'"),
  ],
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
export const sound: Readonly<Record<string, object>> = {
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
