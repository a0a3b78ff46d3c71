import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { together } from '../registry/given.ts'
import { parseGiven } from '../registry/read-given.ts'
import { decide } from './decide.ts'
import { differencesOf, meaningOf } from './difference.ts'
import { entrancesOf } from './entrances.ts'
import { hasToken } from './token-set.ts'

const github = 'https://token.actions.githubusercontent.com'
const host = github.slice(8)
const arn = `arn:aws:iam::123456789012:oidc-provider/${host}`
const given = (...documents: readonly unknown[]) =>
  together(documents.map((each) => parseGiven(JSON.stringify(each), 'trust.json')))

const words = ['a', 'ab', 'abc', 'b', 'A']
const patterns = ['a', 'a*', '*b', 'a?', '?*', 'ab']
const claim = fc.option(fc.constantFrom(...words), { nil: undefined })
const token = fc.record({
  iss: fc.constant(github),
  sub: fc.constantFrom(...words),
  aud: fc.constantFrom('a', 'ab'),
  ref: claim,
  actor: claim,
})
const condition = fc.tuple(
  fc.constantFrom(
    'StringEquals',
    'StringLike',
    'StringNotLike',
    'StringLikeIfExists',
    'StringEqualsIgnoreCase',
  ),
  fc.constantFrom('sub', 'aud', 'ref', 'actor').map((name) => `${host}:${name}`),
  fc.array(fc.constantFrom(...patterns), { minLength: 1, maxLength: 2 }),
)
const statement = fc.record({
  Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
  Principal: fc.constant({ Federated: arn }),
  Action: fc.constant('sts:AssumeRoleWithWebIdentity'),
  Condition: fc.array(condition, { maxLength: 2 }).map((list) => {
    const block: Record<string, Record<string, unknown>> = {}
    for (const [name, key, values] of list) block[name] = { ...block[name], [key]: values }
    return block
  }),
})
const policy = fc.record({
  Version: fc.constant('2012-10-17'),
  Statement: fc.array(statement, { minLength: 1, maxLength: 2 }),
})

test('who is told to get in now, or no longer, is whom the engine decides otherwise about', async () => {
  const seen = new Set<string>()
  const property = fc.asyncProperty(
    policy,
    policy,
    fc.array(token, { minLength: 6, maxLength: 6 }),
    async (old, now, tokens) => {
      const [before, after] = [given(old), given(now)]
      const differences = await differencesOf(before, after)
      const meaning = meaningOf(differences)
      seen.add(meaning)
      assert.notEqual(meaning, 'undecided', JSON.stringify(differences))
      const target = entrancesOf(after)[0]!.target
      const allowed = async (trust: typeof before, claims: object) =>
        (await decide(trust, target, claims as Record<string, unknown>)).decision === 'allow'
      for (const each of tokens) {
        const claims = Object.fromEntries(Object.entries(each).filter(([, value]) => value !== undefined))
        const [was, is] = [await allowed(before, claims), await allowed(after, claims)]
        const within = (kind: 'opened' | 'closed') =>
          differences.some((difference) =>
            difference[kind].some(({ tokens: set }) => set && hasToken(set, claims)),
          )
        assert.deepEqual(
          { opened: within('opened'), closed: within('closed') },
          { opened: !was && is, closed: was && !is },
        )
      }
      for (const { opened, closed } of differences)
        for (const { confirmed } of [...opened, ...closed]) assert.ok(confirmed)
    },
  )
  await fc.assert(property, { numRuns: 300 })
  assert.deepEqual([...seen].sort(), ['narrower', 'same', 'wider'])
})

const provider = (attributeCondition: string, mapping: Record<string, string> = {}) => ({
  name: 'projects/123456789012/locations/global/workloadIdentityPools/ci-pool/providers/gitlab',
  attributeMapping: { 'google.subject': 'assertion.sub', ...mapping },
  attributeCondition,
  oidc: { issuerUri: 'https://gitlab.com', allowedAudiences: ['https://aud.test'] },
})
const meaning = async (old: unknown, now: unknown) => meaningOf(await differencesOf(given(old), given(now)))

test('the same said in other words is the same', async () => {
  const one = provider("assertion.namespace_path == 'acme' || assertion.namespace_path == 'acme2'")
  assert.equal(await meaning(one, provider("assertion.namespace_path in ['acme2', 'acme']")), 'same')
  assert.equal(
    await meaning(
      one,
      provider("!(assertion.namespace_path != 'acme' && 'acme2' != assertion.namespace_path)"),
    ),
    'same',
  )
  const attribute = provider("attribute.group in ['acme', 'acme2']", {
    'attribute.group': 'assertion.namespace_path',
  })
  assert.equal(await meaning(one, attribute), 'same')
  const matched = provider("assertion.namespace_path.matches('^(acme|acme2)$')")
  assert.equal(await meaning(one, matched), 'same')
})

test('an expression that is no set cancels where it stays, and leaves open what it decides where it changes', async () => {
  const base = "assertion.namespace_path == 'acme'"
  const sized = provider(`${base} && size(assertion.groups) > 2`)
  assert.equal(await meaning(sized, provider(`size(assertion.groups) > 2 && ${base}`)), 'same')
  assert.equal(await meaning(provider(base), sized), 'narrower')
  assert.equal(await meaning(sized, provider(base)), 'wider')
  assert.equal(await meaning(sized, provider(`${base} && size(assertion.groups) > 1`)), 'undecided')
})

test('of claims that are no texts the engine is asked', async () => {
  const base = "assertion.namespace_path == 'acme'"
  const also = (condition: string) => provider(`${base} && ${condition}`)
  assert.equal(await meaning(also('assertion.runner_id == 20'), also('assertion.runner_id == 21')), 'wider')
  assert.equal(await meaning(also('assertion.rerun == false'), also('assertion.rerun == true')), 'wider')
  assert.equal(await meaning(also("'a' in assertion.groups"), also("'b' in assertion.groups")), 'wider')
  assert.equal(await meaning(also('assertion.runner_id == 20'), also('assertion.runner_id == 20')), 'same')
  // Of texts these are the same: a number is unequal to every text, and begins with none.
  const unequal = also("assertion.ref != 'dev'")
  const other = also(
    "(assertion.ref.startsWith('dev') || !assertion.ref.startsWith('dev')) && assertion.ref != 'dev'",
  )
  assert.equal(await meaning(other, unequal), 'wider')
  assert.equal(await meaning(unequal, other), 'narrower')
})

test('an expression over what is mapped is another one when its mapping is', async () => {
  const sized = (claim: string) => provider('size(attribute.team) > 2', { 'attribute.team': claim })
  assert.equal(await meaning(sized('assertion.team'), sized('assertion.team')), 'same')
  assert.notEqual(await meaning(sized('assertion.team'), sized('assertion.name')), 'same')
})

test('bindings alone are compared by what their pool makes of tokens', async () => {
  const pool =
    'principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/ci-pool'
  const policyFor = (...members: readonly string[]) => ({
    bindings: [{ role: 'roles/iam.workloadIdentityUser', members }],
  })
  const one = policyFor(`${pool}/subject/a`)
  assert.equal(await meaning(one, policyFor(`${pool}/subject/a`, `${pool}/subject/b`)), 'wider')
  assert.equal(await meaning(policyFor(`${pool.replace('principal', 'principalSet')}/*`), one), 'narrower')
})

test('a condition of a binding narrows what it lets in, and leaves open what another would', async () => {
  const pool = 'projects/123456789012/locations/global/workloadIdentityPools/ci-pool'
  const bound = (condition?: string) => [
    provider("assertion.namespace_path == 'acme'"),
    {
      bindings: [
        {
          role: 'roles/iam.workloadIdentityUser',
          members: [`principalSet://iam.googleapis.com/${pool}/*`],
          ...(condition && { condition: { title: 'some time', expression: condition } }),
        },
      ],
    },
  ]
  const past = 'request.time < date("2020-01-01")'
  assert.equal(await meaning(bound(), bound(past)), 'narrower')
  assert.equal(await meaning(bound(past), bound()), 'wider')
  assert.equal(await meaning(bound(past), bound(past)), 'same')
  assert.equal(await meaning(bound(past), bound('request.time < date("2021-01-01")')), 'undecided')
  const [difference] = await differencesOf(given(bound()), given(bound(past)))
  assert.deepEqual([...difference!.closed[0]!.tokens!.conditions], [[past, false]])
})

test('what one of the two alone has is told, and a role of another name is the one that is compared', async () => {
  const named = (RoleName: string, subject: string) => ({
    RoleName,
    Arn: `arn:aws:iam::123456789012:role/${RoleName}`,
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: arn },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: { StringEquals: { [`${host}:sub`]: subject } },
        },
      ],
    },
  })
  assert.equal(await meaning(named('a', 'x'), named('b', 'x')), 'same')
  const [added] = await differencesOf(given(named('a', 'x')), given([named('a', 'x'), named('b', 'x')]))
  assert.deepEqual([added!.there, added!.opened.length, added!.closed.length], ['new', 1, 0])
  const [gone] = await differencesOf(given([named('a', 'x'), named('b', 'x')]), given(named('a', 'x')))
  assert.deepEqual([gone!.there, gone!.opened.length, gone!.closed.length], ['old', 0, 1])
})

test('a claim that may be a list is compared by no set', async () => {
  const one = (operator: string) => ({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: arn },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { [operator]: { [`${host}:amr`]: 'a' } },
      },
    ],
  })
  assert.notEqual(await meaning(one('StringNotEquals'), one('ForAnyValue:StringNotEquals')), 'narrower')
  assert.equal(await meaning(one('StringNotEquals'), one('StringNotEquals')), 'same')
})

test('who gets in otherwise than by a token is not passed over', async () => {
  const web = { Effect: 'Allow', Principal: { Federated: arn }, Action: 'sts:AssumeRoleWithWebIdentity' }
  const role = (...statements: readonly object[]) => ({
    Version: '2012-10-17',
    Statement: [web, ...statements],
  })
  const anybody = { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }
  assert.equal(await meaning(role(), role(anybody)), 'undecided')
  assert.equal(await meaning(role(anybody), role()), 'narrower')
  assert.equal(await meaning(role(anybody), role({ ...anybody, Sid: 'x' })), 'same')
  assert.equal(await meaning(role({ ...anybody, Effect: 'Deny' }), role()), 'undecided')
  const tagging = { ...web, Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'] }
  assert.equal(await meaning(role(), { Version: '2012-10-17', Statement: [tagging] }), 'undecided')
  const policyFor = (member: string) => ({
    bindings: [{ role: 'roles/iam.serviceAccountTokenCreator', members: [member] }],
  })
  const account = 'serviceAccount:other@acme.iam.gserviceaccount.com'
  assert.equal(await meaning(policyFor('user:a@acme.example'), policyFor(account)), 'undecided')
  assert.equal(await meaning(policyFor(account), policyFor(account)), 'same')
})

const orders = 'https://orders.acme.example'
const stock = 'https://stock.acme.example'
const server = (rule: object, more: object = {}) =>
  parseGiven(
    JSON.stringify({
      authorizationServers: [
        {
          issuer: 'https://tokens.acme.example',
          providers: [{ issuer: 'https://gitlab.com' }, { issuer: 'https://kubernetes.example' }],
          resources: [orders, stock].map((identifier) => ({ identifier, scopes: ['read', 'write'] })),
          clients: ['orders', 'stock'].map((clientId) => ({
            clientId,
            assertions: [{ issuer: 'https://kubernetes.example', subject: clientId }],
          })),
          rules: [
            {
              name: 'ci',
              issuer: 'https://gitlab.com',
              resources: [{ identifier: orders, scopes: ['read'] }],
              ...rule,
            },
          ],
          ...more,
        },
      ],
    }),
    'trust.json',
  )
const none = parseGiven('{"issuers":[]}', 'trust.json')
const byServer = async (before: typeof none, after: typeof none) =>
  meaningOf(await differencesOf(before, after))

test('the rules of an authorization server are compared by what they take and give', async () => {
  const main = { condition: 'assertion.ref == "main"' }
  assert.equal(await byServer(server(main), server(main)), 'same')
  const mainInOtherWords = { condition: "assertion.ref in ['main']" }
  assert.equal(await byServer(server(main), server(mainInOtherWords)), 'same')
  assert.equal(await byServer(server({}), server(main)), 'narrower')
  assert.equal(await byServer(server(main), server({})), 'wider')
  assert.equal(await byServer(server({ ...main, clients: ['orders'] }), server(main)), 'wider')
  assert.equal(await byServer(server(main), server({ ...main, clients: ['orders'] })), 'narrower')
  const acting = { ...main, actor: { issuer: 'https://kubernetes.example' } }
  assert.equal(await byServer(server(main), server(acting)), 'wider')
  const narrower = { ...acting, condition: `${main.condition} && actor.sub == "orders"` }
  assert.equal(await byServer(server(acting), server(narrower)), 'narrower')
  assert.equal(await byServer(server(narrower), server(acting)), 'wider')
})

test('another scope or resource is another thing', async () => {
  const gives = (identifier: string, ...scopes: readonly string[]) =>
    server({ resources: [{ identifier, scopes }] })
  assert.equal(await byServer(gives(orders, 'read'), gives(orders, 'write')), 'wider')
  assert.equal(await byServer(gives(orders, 'read'), gives(stock, 'read')), 'wider')
  assert.equal(await byServer(gives(orders, 'read', 'write'), gives(orders, 'read')), 'narrower')
  assert.equal(await byServer(server({}), none), 'narrower')
  assert.equal(await byServer(none, server({})), 'wider')
})

test('what is not about tokens, or names them otherwise, is not told to be the same', async () => {
  const mapped = (subjectMapping: string) => server({ subjectMapping })
  assert.equal(await byServer(mapped("'a:' + assertion.sub"), mapped("'b:' + assertion.sub")), 'undecided')
  assert.equal(await byServer(mapped("'a:' + assertion.sub"), mapped("'a:' + assertion.sub")), 'same')
  assert.equal(await byServer(mapped('assertion.sub'), server({})), 'same')
  const lasting = (lifetimeSeconds: number) => server({}, { accessTokens: { lifetimeSeconds } })
  assert.equal(await byServer(lasting(900), lasting(3600)), 'undecided')
})
