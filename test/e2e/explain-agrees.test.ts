import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseGiven } from '../../src/registry/read-given.ts'
import { createSts } from '../../src/sts/create.ts'
import { explainOffline, type Target } from '../../src/sts/explain-offline.ts'
import { serveSts } from '../../src/sts/serve.ts'
import type { Wire } from '../../src/sts/vendor-words.ts'
import { readJwt, signJwt } from '../../src/wire/jws.ts'
import { testClock } from '../clock.ts'
import { deploy } from '../entra-side.ts'
import { type JobRules, type TokenTaker, tokenTakers, trustInJob } from '../token-takers.ts'
import { provider, roleArn } from '../trust-side.ts'

// Explain and decide never disagree: any rule and any token, from files and over each front end.

const issuer = 'https://gitlab.com'
const { now } = testClock()
const issuers = [{ url: issuer, shape: 'gitlab', algorithm: 'ES256' }] as const
/** Of the issuer, and with what each front end signs. */
const { keys } = createSts({ document: { ...trustInJob(issuer), issuers }, now })
const orders = 'https://orders.acme.example'

const targets: readonly (readonly [TokenTaker, Target])[] = [
  [tokenTakers[0]!, { cloud: 'aws', roleArn: roleArn('deploy') }],
  [tokenTakers[1]!, { cloud: 'google', provider: `${provider}/gitlab` }],
  [tokenTakers[2]!, { cloud: 'entra', application: deploy }],
  [
    tokenTakers[3]!,
    { cloud: 'oauth', authorizationServer: 'https://tokens.acme.example', resources: [orders], scopes: [] },
  ],
]

/** As a caller of the front end tells refusals apart. */
function told({ status, code, message = '' }: Wire, target: Target): string {
  if (status === 200) return '200'
  return `${status} ${target.cloud === 'entra' ? /^AADSTS(\d+)/.exec(message)?.[1] : code}`
}

// ── rules ──────────────────────────────────────────────────────────────────────────────────────────────

const texts = fc.constantFrom('job', 'JOB', 'job:main', 'main', 'j*', '*:main', 'jo?', '20', 'true', '', '*')
const operators = [
  ...['StringEquals', 'StringNotEquals', 'StringEqualsIgnoreCase', 'StringLike', 'StringNotLike'],
  ...['StringLikeIfExists', 'StringEqualsIfExists', 'ForAnyValue:StringLike', 'ForAllValues:StringEquals'],
]
const claimNames = ['sub', 'aud', 'ref', 'namespace_id', 'ref_protected', 'amr', 'groups_direct']

const awsCondition = fc
  .array(
    fc.tuple(
      fc.constantFrom(...operators),
      fc.constantFrom(...claimNames),
      fc.array(texts, { minLength: 1, maxLength: 3 }),
    ),
    { maxLength: 3 },
  )
  .map((list) => (host: string) => {
    const condition: Record<string, Record<string, readonly string[]>> = {}
    for (const [operator, name, values] of list)
      condition[operator] = { ...condition[operator], [`${host}:${name}`]: values }
    // What AWS wants of a trust in an issuer that it shares with everybody.
    return { ...condition, Null: { [`${host}:sub`]: 'false' } }
  })

const { expression } = fc.letrec<{ expression: string; term: string }>((tie) => ({
  term: fc.oneof(
    fc.constantFrom(
      'has(assertion.ref)',
      "'dev' in assertion.groups_direct",
      "assertion.sub.matches('^j.b')",
    ),
    fc
      .tuple(fc.constantFrom('sub', 'ref', 'namespace_id', 'missing'), fc.constantFrom('==', '!='), texts)
      .map(([name, operator, text]) => `assertion.${name} ${operator} '${text}'`),
    texts.map((text) => `assertion.sub.startsWith('${text}')`),
    texts.map((text) => `assertion.groups_direct.exists(g, g == '${text}')`),
    fc.constant("assertion.ref.extract('{x}/') == ''"),
  ),
  expression: fc.oneof(
    { maxDepth: 3 },
    tie('term'),
    fc
      .tuple(tie('expression'), fc.constantFrom('&&', '||'), tie('expression'))
      .map(([a, op, b]) => `(${a}) ${op} (${b})`),
    tie('expression').map((each) => `!(${each})`),
  ),
}))

const credential = fc.oneof(
  texts.filter(Boolean).map((subject) => ({ subject })),
  fc.tuple(fc.constantFrom('matches', 'eq'), texts.filter(Boolean)).map(([operator, text]) => ({
    claimsMatchingExpression: { value: `claims['sub'] ${operator} '${text}'`, languageVersion: 1 },
  })),
)

const anyRules: fc.Arbitrary<JobRules> = fc.record({
  aws: awsCondition,
  google: expression,
  entra: credential,
  oauth: expression,
})

// ── tokens ─────────────────────────────────────────────────────────────────────────────────────────────

const often = <T>(usual: T, ...others: readonly T[]) =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 6 }, { arbitrary: fc.constantFrom(...others), weight: 2 })

const anyClaims = fc.record({
  iss: often<string | undefined>(issuer, `${issuer}/`, undefined),
  sub: fc.constantFrom('job', 'job:main', 'JOB', 'j', 20, 'x'.repeat(200), undefined),
  aud: often<'own' | 'other' | 'both' | 'none'>('own', 'other', 'both', 'none'),
  ref: fc.constantFrom('main', 'job', '', undefined),
  namespace_id: fc.constantFrom('20', 20, true, undefined),
  ref_protected: fc.constantFrom('true', true, null, undefined),
  groups_direct: fc.constantFrom(['dev', 'job'], [], 'job', [1, null], undefined),
  exp: often(600, -10, -400, 90_000),
  nbf: often(-5, 200, 400),
})

type Made = typeof anyClaims extends fc.Arbitrary<infer T> ? T : never

function tokenOf({ aud, exp, nbf, ...claims }: Made, { audience }: TokenTaker): string {
  const seconds = Math.floor(now() / 1000)
  const audiences = { own: audience, other: 'x', both: [audience, 'x'], none: undefined }
  const all = { ...claims, aud: audiences[aud], iat: seconds, exp: seconds + exp, nbf: seconds + nbf }
  return signJwt(JSON.parse(JSON.stringify(all)), keys.signing(issuer))
}

test('explained offline, any rule says of any token what each front end says', async () => {
  const seen = new Map<string, Set<string>>()
  const property = fc.asyncProperty(
    anyRules,
    fc.array(anyClaims, { minLength: 3, maxLength: 3 }),
    async (rules, tokens) => {
      const document = trustInJob(issuer, rules)
      const server = await serveSts({ sts: createSts({ document, keys, now }) })
      const trust = parseGiven(JSON.stringify(document), 'trust.yaml')
      try {
        for (const [taker, target] of targets)
          for (const made of tokens) {
            const token = tokenOf(made, taker)
            const presented = { jwt: readJwt(token), unsigned: false }
            const { wire, decision } = await explainOffline({
              trust,
              presented,
              target,
              nowMs: now(),
              jwks: keys.jwks,
            })
            const decided = await taker.present(token, server.url)
            assert.equal(told(wire, target), decided, `${taker.name}: ${JSON.stringify(made)}`)
            assert.equal(decision, decided === '200' ? 'allow' : 'deny')
            seen.set(taker.name, (seen.get(taker.name) ?? new Set()).add(decided))
          }
      } finally {
        await server.close()
      }
    },
  )
  await fc.assert(property, { numRuns: 60 })
  for (const [name, answers] of seen)
    assert.ok(answers.has('200') && answers.size > 1, `${name}: ${[...answers]}`)
})
