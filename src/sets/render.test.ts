import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseGiven } from '../registry/read-given.ts'
import { decide } from './decide.ts'
import { entrancesOf } from './entrances.ts'
import { type Cloud, render, renderers, tokenOf, variations } from './render.ts'
import type { TokenRule } from './token-rule.ts'

const setting = {
  account: '123456789012',
  provider: 'projects/123456789012/locations/global/workloadIdentityPools/ci-pool/providers/main',
}
const github = 'https://token.actions.githubusercontent.com'
const rule: TokenRule = {
  issuer: github,
  subject: 'repo:acme/web:ref:refs/heads/main',
  audience: 'sts.amazonaws.com',
  claims: {
    job_workflow_ref: 'acme/ci/.github/workflows/deploy.yml@refs/heads/main',
    repository_id: '79696125',
  },
}

// What has a meaning of its own in some cloud’s language.
const text = fc
  .array(fc.constantFrom('a', 'B', '*', '?', '"', "'", '\\', '$', '{', '}', ' ', ':', '/', 'é', '\n'), {
    minLength: 1,
    maxLength: 8,
  })
  .map((list) => list.join(''))

test('a document lets its own token in and no other, whatever characters are in it', async () => {
  const written = new Set<string>()
  const rules = fc.record({
    issuer: fc.constantFrom(github, 'https://gitlab.com', 'https://issuer.example/a'),
    subject: text,
    audience: text,
    claims: fc.dictionary(fc.constantFrom('ref', 'repository', 'email', 'https://x.example/a'), text, {
      maxKeys: 2,
    }),
  })
  const clouds = fc.constantFrom(...(Object.keys(renderers) as Cloud[]))
  const property = fc.asyncProperty(rules, clouds, async (made, cloud) => {
    const rendered = await render(cloud, made, setting)
    if ('lacks' in rendered) return
    written.add(cloud)
    const trust = parseGiven(JSON.stringify(rendered.document), 'document')
    const { target } = entrancesOf(trust)[0]!
    const meant = tokenOf(made)
    assert.equal((await decide(trust, target, meant)).decision, 'allow')
    for (const other of variations(meant))
      assert.equal((await decide(trust, target, other)).decision, 'deny', JSON.stringify(other))
  })
  await fc.assert(property, { numRuns: 200 })
  assert.equal(written.size, 3)
})

test('documents are as the vendors’ tools take them', async () => {
  const documents = await Promise.all(
    (['aws', 'google', 'entra'] as const).map((cloud) => render(cloud, rule, setting)),
  )
  assert.deepEqual(documents, [
    {
      document: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: {
              Federated: 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com',
            },
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition: {
              StringEquals: {
                'token.actions.githubusercontent.com:aud': rule.audience,
                'token.actions.githubusercontent.com:sub': rule.subject,
                'token.actions.githubusercontent.com:job_workflow_ref': rule.claims.job_workflow_ref,
                'token.actions.githubusercontent.com:repository_id': '79696125',
              },
            },
          },
        ],
      },
    },
    {
      document: {
        name: setting.provider,
        attributeMapping: { 'google.subject': 'assertion.sub' },
        attributeCondition:
          'assertion.sub == "repo:acme/web:ref:refs/heads/main" && assertion.job_workflow_ref == "acme/ci/.github/workflows/deploy.yml@refs/heads/main" && assertion.repository_id == "79696125"',
        oidc: { issuerUri: github, allowedAudiences: ['sts.amazonaws.com'] },
      },
    },
    {
      document: {
        name: 'workload',
        issuer: github,
        claimsMatchingExpression: {
          value:
            "claims['sub'] eq 'repo:acme/web:ref:refs/heads/main' and claims['job_workflow_ref'] eq 'acme/ci/.github/workflows/deploy.yml@refs/heads/main' and claims['repository_id'] eq '79696125'",
          languageVersion: 1,
        },
        audiences: ['sts.amazonaws.com'],
      },
    },
  ])
})

for (const [what, cloud, change, lacks] of [
  ['a claim that AWS has no key for', 'aws', { claims: { event_name: 'push' } }, ['claim event_name']],
  [
    'an issuer with a port, at AWS',
    'aws',
    { issuer: 'https://issuer.example:8443', claims: {} },
    ['issuer https://issuer.example:8443'],
  ],
  [
    'an issuer without TLS, at Google',
    'google',
    { issuer: 'http://issuer.example' },
    ['issuer http://issuer.example'],
  ],
  ['a subject longer than Google takes', 'google', { subject: 'é'.repeat(64) }, ['subject']],
  [
    'a claim beside the subject, at Entra',
    'entra',
    { claims: { ref: 'a', job_workflow_ref: 'b' } },
    ['claim ref'],
  ],
  [
    'a quote in a flexible credential',
    'entra',
    { claims: { job_workflow_ref: "it's", repository_id: '1' } },
    ['job_workflow_ref'],
  ],
  [
    'what Graph wants of a new flexible credential',
    'entra',
    { claims: { job_workflow_ref: 'a' } },
    ['claim repository_id or claim repository_owner_id'],
  ],
  [
    'a claim beside the subject, of an issuer that has the subject alone',
    'entra',
    { issuer: 'https://app.terraform.io', claims: { terraform_run_phase: 'apply' } },
    ['claim terraform_run_phase'],
  ],
  ['a subject longer than Entra takes', 'entra', { subject: 'a'.repeat(601), claims: {} }, ['subject']],
] as const)
  test(`nothing is left out in silence: ${what}`, async () => {
    const rendered = await render(cloud, { ...rule, ...change }, setting)
    assert.deepEqual('lacks' in rendered && rendered.lacks.map((each) => each.what), lacks)
  })
