import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Check } from './decision.ts'
import {
  compileTokenRule,
  evaluateTokenRules,
  type TokenRequest,
  type TokenRuleSource,
  type TokenSurroundings,
} from './token-rules.ts'

const issuer = 'https://tokens.acme.example'
const gitlab = 'https://gitlab.com'
const orders = 'https://orders.acme.example'
const stock = 'https://stock.acme.example'

const around: TokenSurroundings = {
  issuer,
  scopesOf: new Map([
    [orders, new Set(['read', 'orders.write'])],
    [stock, new Set(['read', 'write'])],
  ]),
  clientIds: new Set(['batch', 'portal']),
}

const rule = (more: Partial<TokenRuleSource> = {}): TokenRuleSource => ({
  name: 'ci',
  issuer: gitlab,
  resources: [{ identifier: orders, scopes: ['read', 'orders.write'] }],
  ...more,
})

const both = {
  resources: [
    { identifier: orders, scopes: ['read', 'orders.write'] },
    { identifier: stock, scopes: ['write'] },
  ],
}

const job = { iss: gitlab, sub: 'project_path:acme/shop', ref: 'main' }

function told(rules: readonly TokenRuleSource[], request: Partial<TokenRequest>, trace?: Check[]): string {
  const asked = { subject: job, targets: [], scopes: [], ...request }
  const verdict = evaluateTokenRules(rules.map(compileTokenRule), asked, around, trace)
  if ('refused' in verdict) return verdict.refused
  return `${verdict.rule}: ${verdict.subject} at ${verdict.audiences} for ${verdict.scopes}`
}

const whole = `ci: ${job.sub} at ${orders} for read,orders.write`

const cases: readonly [
  what: string,
  rule: Partial<TokenRuleSource>,
  request: Partial<TokenRequest>,
  told: string,
][] = [
  ['a rule with one resource gives all of it to whoever asks for nothing', {}, {}, whole],
  [
    'scopes that are asked for are the ones that are given',
    {},
    { scopes: ['read'] },
    `ci: ${job.sub} at ${orders} for read`,
  ],
  ['a scope that the rule does not have is refused', {}, { scopes: ['read', 'admin'] }, 'scope'],
  ['a resource that the rule does not have is refused', {}, { targets: [orders, stock] }, 'target'],
  ['of several resources one has to be named', both, {}, 'target'],
  [
    'a scope is for every audience that knows it: read is not, where stock knows it and the rule does not give it there',
    both,
    { targets: [orders, stock], scopes: ['read'] },
    'scope',
  ],
  [
    'a scope that the other audience does not know is harmless there',
    both,
    { targets: [orders, stock], scopes: ['orders.write', 'write'] },
    `ci: ${job.sub} at ${orders},${stock} for orders.write,write`,
  ],
  ['a condition that holds', { condition: 'assertion.ref == "main"' }, {}, whole],
  ['a condition that does not hold', { condition: 'assertion.ref == "dev"' }, {}, 'subject'],
  [
    'a condition that reads a claim which is not there',
    { condition: 'assertion.none == "x"' },
    {},
    'subject',
  ],
  ['a condition over the actor, without one', { condition: 'actor.sub == "x"' }, {}, 'subject'],
  [
    'a mapped subject',
    { subjectMapping: '"gitlab:" + assertion.ref' },
    {},
    whole.replace(job.sub, 'gitlab:main'),
  ],
  ['a mapping that gives no text', { subjectMapping: 'assertion.none' }, {}, 'subject'],
  ["a subject that is another client's name", { subjectMapping: '"batch"' }, {}, 'subject'],
  [
    "a subject that is the client's own name",
    { subjectMapping: '"batch"' },
    { client: 'batch' },
    whole.replace(job.sub, 'batch'),
  ],
  ['no client where one is demanded', { clients: ['batch'] }, {}, 'client'],
  ['another client than the one that is demanded', { clients: ['batch'] }, { client: 'portal' }, 'client'],
  ['the client that is demanded', { clients: ['batch'] }, { client: 'batch' }, whole],
  ['an actor where none is taken', {}, { actor: { iss: gitlab, sub: 'a' } }, 'actor'],
  ['no actor where one is demanded', { actor: { issuer: gitlab, required: true } }, {}, 'actor'],
  ['no actor where one may be', { actor: { issuer: gitlab, required: false } }, {}, whole],
  [
    'an actor of another issuer',
    { actor: { issuer: gitlab, required: true } },
    { actor: { iss: issuer, sub: 'a' } },
    'actor',
  ],
  [
    'the scopes of an access token are a ceiling',
    {},
    { ceiling: ['read'] },
    `ci: ${job.sub} at ${orders} for read`,
  ],
  ['more scope than the access token has', {}, { ceiling: ['read'], scopes: ['orders.write'] }, 'scope'],
]

for (const [what, more, request, expected] of cases)
  test(`${what}: ${expected}`, () => assert.equal(told([rule(more)], request), expected))

const withActor = { actor: { issuer: gitlab, required: false } }
const mayAct: readonly [what: string, may_act: unknown, request: Partial<TokenRequest>, allowed: boolean][] =
  [
    ['its actor', { sub: 'bot' }, { actor: { iss: gitlab, sub: 'bot' } }, true],
    ['another actor', { sub: 'bot' }, { actor: { iss: gitlab, sub: 'other' } }, false],
    [
      'an actor of another issuer than it names',
      { sub: 'bot', iss: issuer },
      { actor: { iss: gitlab, sub: 'bot' } },
      false,
    ],
    ['nobody', { sub: 'bot' }, {}, false],
    ['the client that it names', { sub: 'portal', iss: issuer }, { client: 'portal' }, true],
    ['a client by the name of an actor of the issuer', { sub: 'portal' }, { client: 'portal' }, false],
    [
      'a claim of the actor that is another',
      { sub: 'bot', team: 'a' },
      { actor: { iss: gitlab, sub: 'bot', team: 'b' } },
      false,
    ],
    ['a may_act that names nobody', {}, { client: 'portal' }, false],
    ['a may_act that is no object', 'bot', { actor: { iss: gitlab, sub: 'bot' } }, false],
  ]

for (const [what, may_act, request, allowed] of mayAct)
  test(`a subject token that says who may act (RFC 8693 §4.4) ${allowed ? 'lets' : 'does not let'} ${what}`, () =>
    assert.equal(
      told([rule(withActor)], { subject: { ...job, may_act }, ...request }),
      allowed ? whole : 'actor',
    ))

test('the first rule that allows it decides, and of refusals the one that came furthest', () => {
  const no = rule({ name: 'no', condition: 'false' })
  assert.equal(told([no, rule()], {}), whole)
  assert.equal(
    told([rule({ resources: [{ identifier: stock, scopes: [] }] }), no], { targets: [orders] }),
    'target',
  )
  assert.equal(told([rule({ issuer })], {}), 'subject')
})

test('the trace says of each rule what was looked at, and of a condition each term', () => {
  const trace: Check[] = []
  told([rule({ condition: 'assertion.ref == "dev" && assertion.sub != ""' })], {}, trace)
  const seen = trace.map(({ check, outcome, presented }) => `${check} ${outcome} ${presented ?? ''}`.trim())
  assert.deepEqual(seen, [
    'term fail main',
    'term pass project_path:acme/shop',
    'condition fail false',
    'statement fail',
    'rules fail',
  ])
})

const names: fc.Arbitrary<string> = fc.constantFrom('read', 'write', 'orders.write', 'admin')
const scopes = fc.uniqueArray(names)
const resource: fc.Arbitrary<string> = fc.constantFrom(orders, stock, issuer)
const anyRule = fc.record({
  name: fc.constantFrom('a', 'b'),
  issuer: fc.constant(gitlab),
  resources: fc.uniqueArray(fc.record({ identifier: resource, scopes }), {
    selector: (each) => each.identifier,
    minLength: 1,
  }),
})

test('no request yields more audience or scope than one rule has for each audience, nor more than its ceiling', () => {
  fc.assert(
    fc.property(
      fc.array(anyRule, { maxLength: 3 }),
      fc.record({ targets: fc.array(resource), scopes, ceiling: fc.option(scopes, { nil: undefined }) }),
      fc.dictionary(resource, scopes),
      (rules, { ceiling, ...asked }, known) => {
        const scopesOf = new Map(Object.entries(known).map(([name, list]) => [name, new Set(list)]))
        const request = { subject: job, ...asked, ...(ceiling && { ceiling }) }
        const verdict = evaluateTokenRules(rules.map(compileTokenRule), request, { ...around, scopesOf })
        if ('refused' in verdict) return
        const { audiences, scopes: given } = verdict
        assert.ok(audiences.length > 0)
        const covered = rules.some((each) => {
          const at = new Map(each.resources.map((one) => [one.identifier, one.scopes]))
          const harmless = (scope: string, audience: string) =>
            at.get(audience)!.includes(scope) || !scopesOf.get(audience)?.has(scope)
          return (
            audiences.every(
              (audience) => at.has(audience) && given.every((scope) => harmless(scope, audience)),
            ) && given.every((scope) => audiences.some((audience) => at.get(audience)!.includes(scope)))
          )
        })
        assert.ok(covered)
        assert.ok(given.every((scope) => !ceiling || ceiling.includes(scope)))
        if (asked.scopes.length > 0) assert.deepEqual(new Set(given), new Set(asked.scopes))
        if (asked.targets.length > 0) assert.deepEqual(new Set(audiences), new Set(asked.targets))
      },
    ),
  )
})
