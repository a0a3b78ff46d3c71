import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type GivenTrust, together } from '../registry/given.ts'
import { parseGiven } from '../registry/read-given.ts'
import { decide } from './decide.ts'
import { entrancesOf } from './entrances.ts'
import { hasToken } from './token-set.ts'

// What the sets say, and what the engine decides, of tokens that lie inside, outside and on the border.

const github = 'https://token.actions.githubusercontent.com'
const host = github.slice(8)
const arn = `arn:aws:iam::123456789012:oidc-provider/${host}`
const given = (...documents: readonly unknown[]) =>
  together(documents.map((each) => parseGiven(JSON.stringify(each), 'trust.json')))

const words = ['a', 'ab', 'abc', 'b', 'A', 'ax*', '*', 'true']
// As AWS writes a star that stands for itself.
const literalStar = ['$', '{*}'].join('')
const patterns = ['a', 'a*', '*b', 'a?', '?', '*', 'ab', 'A', literalStar, 'ax*', 'TRUE']
const claim = fc.option(fc.constantFrom(...words), { nil: undefined })
const token = fc.record({
  iss: fc.constantFrom(github, github, github, 'https://gitlab.com'),
  sub: fc.constantFrom(...words),
  aud: fc.constantFrom('a', 'ab', 'x'),
  ref: claim,
  repository: claim,
  actor: claim,
})

/** Whether some entrance of a trust lets a token in: by the sets, and by the engine. */
async function both(trust: GivenTrust, claims: Readonly<Record<string, unknown>>) {
  const said = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
  const found = []
  for (const { target, ways } of entrancesOf(trust)) {
    const open = ways.some(({ lets, except }) => [lets, ...except].some((each) => each.conditions.size > 0))
    const inside = ways.some(
      ({ lets, except }) => hasToken(lets, said) && !except.some((each) => hasToken(each, said)),
    )
    const { decision } = await decide(trust, target, said)
    found.push({ open, inside, decision, target })
  }
  return found
}

const seen = new Set<string>()

async function agree(trust: GivenTrust, claims: Readonly<Record<string, unknown>>) {
  for (const { open, inside, decision, target } of await both(trust, claims)) {
    if (open) continue
    assert.equal(inside ? 'allow' : 'deny', decision, JSON.stringify(target))
    seen.add(`${target.cloud} ${decision}`)
  }
}

describe('sets and the deciding engine agree', () => {
  const operator = fc
    .record({
      set: fc.constantFrom('', '', '', 'ForAllValues:', 'ForAnyValue:'),
      base: fc.constantFrom(
        'StringEquals',
        'StringNotEquals',
        'StringLike',
        'StringLike',
        'StringNotLike',
        'StringEqualsIgnoreCase',
        'StringNotEqualsIgnoreCase',
      ),
      ifExists: fc.constantFrom('', '', 'IfExists'),
    })
    .map(({ set, base, ifExists }) => `${set}${base}${ifExists}`)
  const key = fc
    .constantFrom('sub', 'sub', 'aud', 'ref', 'actor', 'repository', 'run_id')
    .map((name) => `${host}:${name}`)
  const anyKey = fc.oneof(
    { arbitrary: key, weight: 9 },
    { arbitrary: fc.constant('gitlab.com:sub'), weight: 1 },
  )
  const values = fc.array(fc.constantFrom(...patterns), { minLength: 1, maxLength: 2 })
  const condition = fc.oneof(
    { arbitrary: fc.tuple(operator, anyKey, values), weight: 6 },
    {
      arbitrary: fc.tuple(
        fc.constantFrom('Null', 'Bool'),
        anyKey,
        fc.constantFrom('true', 'false').map((each) => [each]),
      ),
      weight: 1,
    },
  )
  const statement = fc.record({
    Effect: fc.constantFrom('Allow', 'Allow', 'Allow', 'Deny'),
    Principal: fc.constantFrom<unknown>({ Federated: arn }, { Federated: arn }, { Federated: '*' }, '*'),
    Action: fc.constantFrom('sts:AssumeRoleWithWebIdentity', 'sts:*', 'sts:AssumeRole'),
    Condition: fc.array(condition, { maxLength: 3 }).map((list) => {
      const block: Record<string, Record<string, unknown>> = {}
      for (const [name, of, expected] of list) block[name] = { ...block[name], [of]: expected }
      return block
    }),
  })
  const policy = fc.record({
    Version: fc.constantFrom('2012-10-17', '2012-10-17', '2008-10-17'),
    Statement: fc.array(statement, { minLength: 1, maxLength: 3 }),
  })

  test('about roles of AWS', async () => {
    const provider = { Url: host, ClientIDList: ['a', 'ab'] }
    const property = fc.asyncProperty(
      policy,
      fc.boolean(),
      fc.array(token, { minLength: 4, maxLength: 4 }),
      async (made, known, tokens) => {
        const trust = given(made, ...(known ? [provider] : []))
        for (const each of tokens) await agree(trust, each)
      },
    )
    await fc.assert(property, { numRuns: 400 })
    assert.ok(seen.has('aws allow') && seen.has('aws deny'))
  })

  const ref = fc.constantFrom(
    'assertion.sub',
    'assertion.ref',
    "assertion['actor']",
    'google.subject',
    'attribute.repo',
    'attribute.made',
  )
  const literal = fc.constantFrom('a', 'ab', 'b', 'repo:a', 'A*').map((each) => `'${each}'`)
  const term = fc.oneof(
    fc.tuple(ref, fc.constantFrom('==', '!='), literal).map(([a, b, c]) => `${a} ${b} ${c}`),
    fc
      .tuple(ref, fc.constantFrom('startsWith', 'endsWith', 'contains'), literal)
      .map(([a, b, c]) => `${a}.${b}(${c})`),
    fc.tuple(ref, literal, literal).map(([a, b, c]) => `${a} in [${b}, ${c}]`),
    fc
      .tuple(ref, fc.constantFrom("'^a.*$'", "'a'", "'^(a|b)$'", "'^a.+'", "'b$'"))
      .map(([a, b]) => `${a}.matches(${b})`),
    fc.constantFrom('has(assertion.ref)', "'actor' in assertion", 'true'),
  )
  const expression: fc.Arbitrary<string> = fc.letrec<{ all: string }>((tie) => ({
    all: fc.oneof(
      { maxDepth: 3 },
      term,
      fc.tuple(tie('all'), fc.constantFrom('&&', '||'), tie('all')).map(([a, b, c]) => `(${a} ${b} ${c})`),
      tie('all').map((each) => `!(${each})`),
    ),
  })).all

  const pool = 'projects/123456789012/locations/global/workloadIdentityPools/ci-pool'
  const member = fc.constantFrom(
    `principalSet://iam.googleapis.com/${pool}/*`,
    `principal://iam.googleapis.com/${pool}/subject/ab`,
    `principal://iam.googleapis.com/${pool}/subject/x:ab`,
    `principalSet://iam.googleapis.com/${pool}/attribute.repo/a`,
    `principalSet://iam.googleapis.com/${pool}/attribute.made/repo:a`,
    `principalSet://iam.googleapis.com/${pool}/attribute.none/a`,
  )

  test('about providers and service accounts of Google Cloud', async () => {
    const subject = fc.constantFrom('assertion.sub', 'assertion.ref', "'x:' + assertion.sub")
    const property = fc.asyncProperty(
      expression,
      subject,
      member,
      fc.array(token, { minLength: 4, maxLength: 4 }),
      async (attributeCondition, mapped, bound, tokens) => {
        const provider = {
          name: `${pool}/providers/github`,
          attributeMapping: {
            'google.subject': mapped,
            'attribute.repo': 'assertion.repository',
            'attribute.made': "'repo:' + assertion.ref",
          },
          attributeCondition,
          oidc: { issuerUri: github, allowedAudiences: ['a', 'ab'] },
        }
        const account = { bindings: [{ role: 'roles/iam.workloadIdentityUser', members: [bound] }] }
        const trust = given(provider, account)
        for (const each of tokens) await agree(trust, each)
      },
    )
    await fc.assert(property, { numRuns: 400 })
    assert.ok(seen.has('google allow') && seen.has('google deny'))
  })

  test('about AWS roles that come to Google Cloud by its own mapping', async () => {
    const provider = {
      name: `${pool}/providers/aws-main`,
      attributeMapping: {
        'google.subject': 'assertion.arn',
        'attribute.aws_role':
          "assertion.arn.contains('assumed-role') ? assertion.arn.extract('{account_arn}assumed-role/') + 'assumed-role/' + assertion.arn.extract('assumed-role/{role_name}/') : assertion.arn",
      },
      aws: { accountId: '123456789012' },
    }
    const session = 'arn:aws:sts::123456789012:assumed-role/loader'
    const bound = `principalSet://iam.googleapis.com/${pool}/attribute.aws_role/${session}`
    const account = { bindings: [{ role: 'roles/iam.workloadIdentityUser', members: [bound] }] }
    const trust = given(provider, account)
    for (const Arn of [
      `${session}/s`,
      `${session}/a/b`,
      session,
      `${session}2/s`,
      'arn:aws:iam::123456789012:user/x',
    ])
      for (const Account of ['123456789012', '999999999999'])
        await agree(trust, { Arn, Account, UserId: 'AROA:s' })
  })

  test('about accounts by the bindings of their project, and about what is disabled', async () => {
    const role = 'roles/iam.workloadIdentityUser'
    const members = fc.array(member, { maxLength: 2 })
    const parts = fc.record({
      own: members,
      projects: members,
      account: fc.constantFrom({}, {}, {}, { disabled: true }),
      provider: fc.constantFrom({}, {}, {}, { disabled: true }),
      pool: fc.constantFrom({}, {}, {}, { disabled: true }),
    })
    const property = fc.asyncProperty(
      parts,
      fc.array(token, { minLength: 4, maxLength: 4 }),
      async ({ own, projects, account, provider, pool: ofPool }, tokens) => {
        const project = {
          projectNumber: '123456789012',
          projectId: 'acme',
          bindings: [{ role, members: projects }],
          pools: [
            {
              id: 'ci-pool',
              ...ofPool,
              providers: [
                {
                  id: 'github',
                  ...provider,
                  attributeMapping: {
                    'google.subject': 'assertion.sub',
                    'attribute.repo': 'assertion.repository',
                  },
                  attributeCondition: "assertion.sub != 'b'",
                  oidc: { issuerUri: github, allowedAudiences: ['a', 'ab'] },
                },
              ],
            },
          ],
          serviceAccounts: [
            { email: 'x@acme.iam.gserviceaccount.com', ...account, bindings: [{ role, members: own }] },
          ],
        }
        for (const each of tokens) await agree(given({ google: [project] }), each)
      },
    )
    await fc.assert(property, { numRuns: 300 })
  })

  test('about a provider that is deleted', async () => {
    const provider = {
      name: `${pool}/providers/github`,
      attributeMapping: { 'google.subject': 'assertion.sub' },
      attributeCondition: "assertion.sub == 'a'",
      oidc: { issuerUri: github, allowedAudiences: ['a'] },
    }
    const expireTime = '2026-12-22T00:00:00Z'
    const presented = { iss: github, sub: 'a', aud: 'a' }
    for (const [document, expected] of [
      [provider, 1],
      [{ ...provider, state: 'DELETED', expireTime }, 0],
    ] as const) {
      await agree(given(document), presented)
      assert.equal(entrancesOf(given(document))[0]?.ways.length, expected)
    }
  })

  test('about federated credentials of Entra', async () => {
    const audiences = fc.constantFrom(['a'], ['ab'])
    const classic = fc.record({
      name: fc.constant('c'),
      issuer: fc.constant(github),
      subject: fc.constantFrom(...words),
      audiences,
    })
    const termOf = (name: string) =>
      fc
        .tuple(fc.constantFrom('eq', 'matches'), fc.constantFrom('a', 'a*', '?b', '*'))
        .map(([operator, value]) => `claims['${name}'] ${operator} '${value}'`)
    const others = fc.array(fc.oneof(termOf('job_workflow_ref'), termOf('sub')), { maxLength: 1 })
    const flexible = fc
      .tuple(
        fc.tuple(termOf('sub'), others).map(([first, rest]) => [first, ...rest]),
        audiences,
      )
      .map(([terms, list]) => ({
        name: 'f',
        issuer: github,
        audiences: list,
        claimsMatchingExpression: { value: terms.join(' and '), languageVersion: 1 },
      }))
    const credentials = fc.array(fc.oneof(classic, flexible), { minLength: 1, maxLength: 3 })
    const property = fc.asyncProperty(
      credentials,
      fc.array(token, { minLength: 4, maxLength: 4 }),
      async (list, tokens) => {
        const trust = given(list)
        for (const each of tokens) await agree(trust, { ...each, job_workflow_ref: each.ref })
      },
    )
    await fc.assert(property, { numRuns: 300 })
    assert.ok(seen.has('entra allow') && seen.has('entra deny'))
  })
})

const onprem = 'https://tokens.acme.example'
const cluster = 'https://kubernetes.example'
const term = fc
  .record({
    claim: fc.constantFrom('assertion.sub', 'assertion.ref', 'actor.sub'),
    operator: fc.constantFrom('==', '!='),
    text: fc.constantFrom(...words),
  })
  .map(({ claim: name, operator, text }) => `${name} ${operator} '${text}'`)
const condition = fc
  .array(fc.oneof(term, fc.constant('has(actor.sub)'), fc.constant('!has(assertion.ref)')), {
    minLength: 1,
    maxLength: 3,
  })
  .chain((terms) => fc.constantFrom(' && ', ' || ').map((joint) => terms.join(joint)))
const tokenRule = fc.record(
  {
    issuer: fc.constantFrom('https://gitlab.com', 'https://gitlab.com', onprem),
    condition,
    subjectMapping: fc.constantFrom('assertion.sub', 'assertion.ref', "'x' + assertion.sub"),
    clients: fc.constantFrom(['a'], ['a', 'ab']),
    actor: fc.record({ issuer: fc.constantFrom(cluster, onprem), required: fc.boolean() }),
    scopes: fc.subarray(['a', 'b*'], { minLength: 1 }),
  },
  { requiredKeys: ['issuer', 'subjectMapping', 'scopes'] },
)
const request = fc.record({
  iss: fc.constantFrom('https://gitlab.com', 'https://gitlab.com', onprem),
  sub: fc.constantFrom(...words),
  aud: fc.constantFrom(onprem, onprem, 'x'),
  ref: claim,
  scope: fc.constantFrom('a', 'a b*', 'b* a', 'ab', undefined),
  may_act: fc.constantFrom(undefined, undefined, undefined, 'a'),
  '(client)': fc.constantFrom('a', 'ab', undefined, 'stranger'),
  '(actor) iss': fc.constant(cluster),
  '(actor) sub': fc.constantFrom(...words),
  '(actor) aud': fc.constantFrom(onprem, onprem, 'x'),
})

test('sets and the deciding engine agree about the rules of an authorization server', async () => {
  const decisions = new Set<string>()
  const property = fc.asyncProperty(
    fc.array(tokenRule, { minLength: 1, maxLength: 2 }),
    request,
    fc.boolean(),
    async (rules, claims, acts) => {
      const trust = given({
        authorizationServers: [
          {
            issuer: onprem,
            providers: [{ issuer: 'https://gitlab.com' }, { issuer: cluster }],
            resources: [{ identifier: 'r', scopes: ['a', 'b*'] }],
            clients: ['a', 'ab'].map((clientId) => ({
              clientId,
              assertions: [{ issuer: cluster, subject: clientId }],
            })),
            rules: rules.map(({ scopes, ...rest }, i) => ({
              ...rest,
              name: `rule${i}`,
              resources: [{ identifier: 'r', scopes }],
            })),
          },
        ],
      })
      const presented = Object.fromEntries(
        Object.entries(claims).filter(([name]) => acts || !name.startsWith('(actor)')),
      )
      const said = Object.fromEntries(Object.entries(presented).filter(([, value]) => value !== undefined))
      for (const { target, ways } of entrancesOf(trust)) {
        if (target.cloud !== 'oauth' || target.resources.length === 0) continue
        // What a subject is called leaves nobody out here.
        const inside = ways.some(({ lets }) => hasToken(lets, said))
        const { decision } = await decide(trust, target, said)
        assert.equal(inside ? 'allow' : 'deny', decision, JSON.stringify(target))
        decisions.add(decision)
      }
    },
  )
  await fc.assert(property, { numRuns: 600 })
  assert.deepEqual([...decisions].sort(), ['allow', 'deny'])
})
