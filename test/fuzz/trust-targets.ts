import assert from 'node:assert/strict'
import { evaluate } from '../../src/trust/aws-evaluate.ts'
import { compilePolicy, type PolicyKind } from '../../src/trust/aws-policy.ts'
import { celOf } from '../../src/trust/cel-values.ts'
import { termsOf } from '../../src/trust/entra-expression.ts'
import { compileBoundary } from '../../src/trust/google-boundary.ts'
import { compileCel } from '../../src/trust/google-cel.ts'
import { compileCondition } from '../../src/trust/google-condition.ts'
import { compileTokenRule, evaluateTokenRules, type TokenRuleSource } from '../../src/trust/token-rules.ts'
import { readJsonObject } from '../../src/wire/json.ts'
import type { Target } from './target.ts'

const account = '123456789012'
const provider = `arn:aws:iam::${account}:oidc-provider/gitlab.com`
const gitlab = 'https://gitlab.com'
const claims = { iss: gitlab, sub: 'project_path:acme/shop', ref: 'main', groups: ['dev', 'ops'], count: 20 }

const statement = {
  Effect: 'Allow',
  Principal: { Federated: provider },
  Action: 'sts:AssumeRoleWithWebIdentity',
}
const policyOf = (change: object) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, ...change }] })
const variable = (inside: string) => `\${${inside}}`
const policyWords = [
  ...[
    '"Effect":"Deny"',
    '"NotPrincipal":',
    '"NotAction":',
    '"NotResource":',
    '"Condition":{',
    '"Bool"',
    '"Null"',
  ],
  ...[
    '"ForAllValues:StringLike"',
    '"ForAnyValue:',
    'IfExists"',
    '"IpAddress"',
    '"NumericLessThan"',
    '"DateGreaterThan"',
  ],
  ...[
    '"ArnLike"',
    '"BinaryEquals"',
    variable('aws:username'),
    variable("gitlab.com:sub, 'x'"),
    variable('*'),
    variable('$'),
    '"aws:SourceIp"',
  ],
]

function policyTarget(kind: PolicyKind, corpus: readonly string[]): Target {
  return {
    name: `aws-${kind}-policy`,
    corpus,
    words: policyWords,
    refusals: ['TRUST_POLICY'],
    read(text) {
      const policy = compilePolicy(readJsonObject(Buffer.from(text)), kind)
      const keys = new Map([
        ['gitlab.com:sub', claims.sub],
        ['aws:sourceip', '192.0.2.7'],
      ])
      const asked = {
        action: 'sts:AssumeRoleWithWebIdentity',
        resource: `arn:aws:iam::${account}:role/deploy`,
        keys,
      }
      evaluate(policy, { ...asked, principal: { type: 'federated', provider } }, [])
    },
  }
}

const rule: TokenRuleSource = {
  name: 'ci',
  issuer: gitlab,
  condition: "assertion.ref == 'main'",
  subjectMapping: 'assertion.sub',
  resources: [{ identifier: 'https://orders.example', scopes: ['read'] }],
}
const around = { issuer: 'https://tokens.example', scopesOf: new Map(), clientIds: new Set<string>() }

const bucket = 'projects/_/buckets/pictures'
const boundary = (expression: string) =>
  JSON.stringify({
    accessBoundaryRules: [
      {
        availableResource: `//storage.googleapis.com/${bucket}`,
        availablePermissions: ['inRole:roles/storage.objectViewer'],
        availabilityCondition: { title: 'mine', expression },
      },
    ],
  })

const celWords = [
  ...[
    'assertion',
    'actor',
    '.groups',
    '.exists(g, ',
    '.map(g, ',
    '.filter(g, ',
    '.all(g, ',
    'has(',
    '.matches("(x+)+y")',
  ],
  ...[
    ".extract('{a}')",
    '.startsWith(',
    '.split(',
    '.join(',
    '.replace(',
    ' in ',
    ' && ',
    ' || ',
    ' ? ',
    ' : ',
    '!',
    'size(',
  ],
  ...[
    'int(',
    'string(',
    'timestamp(',
    'duration(',
    'b"\\377"',
    '0x',
    '1u',
    '9223372036854775807',
    '1.0/0.0',
    '[',
    '{',
    '(',
    ')',
  ],
]

/** What administrators, and some of it callers, say about who may do what. */
export const trustTargets: readonly Target[] = [
  policyTarget('trust', [
    policyOf({ Condition: { StringLike: { 'gitlab.com:sub': ['project_path:acme/*', '?'] } } }),
    policyOf({ Condition: { 'ForAnyValue:StringEqualsIfExists': { 'gitlab.com:amr': 'x' } }, Sid: 'a' }),
  ]),
  policyTarget('identity', [
    policyOf({
      Principal: undefined,
      Resource: ['arn:aws:iam::*:role/dep*', `arn:aws:s3:::b/${variable('aws:username')}/*`],
    }),
    policyOf({
      Principal: undefined,
      Resource: '*',
      Condition: { NotIpAddress: { 'aws:SourceIp': '2001:db8::/32' } },
    }),
  ]),
  {
    name: 'cel',
    corpus: [
      "assertion.groups.exists(g, g.matches('^d')) && has(assertion.sub) && assertion.count > 3.0",
      "assertion.sub.split(':')[1].extract('{owner}/') + string(assertion.count) == 'acme20' ? 'a' : \"b\"",
      "assertion.groups.map(g, g + '!').filter(g, g.startsWith('o')).join(',') in ['x'] || !(actor.sub != 'y')",
    ],
    words: celWords,
    refusals: ['TRUST_POLICY'],
    read(text) {
      const program = compileCel(text, 'condition', { maxLength: 4096, variables: ['assertion', 'actor'] })
      const bindings = { assertion: celOf(claims), actor: celOf({}) }
      program.run(bindings)
      for (const term of program.terms()) term.run(bindings)
    },
  },
  {
    name: 'entra-expression',
    corpus: ["claims['sub'] matches 'project_path:acme/*' and claims['project_id'] eq '20'"],
    words: ["claims['sub']", " matches '", " eq '", "' and ", "claims['project_id']", ' or ', '*', '?'],
    refusals: ['TRUST_POLICY'],
    read(text) {
      for (const term of termsOf({ value: text, languageVersion: 1 }, 'expression', gitlab))
        term.holds(claims.sub)
    },
  },
  {
    name: 'google-boundary',
    corpus: [
      boundary(`resource.name.startsWith('${bucket}/objects/a')`),
      boundary("api.getAttribute('x', '') == ''"),
    ],
    words: [
      '"accessBoundaryRules":[',
      '"inRole:',
      '"expression":',
      '//storage.googleapis.com/',
      'resource.type',
      'api.',
      'null',
    ],
    refusals: ['TRUST_POLICY'],
    read(text) {
      const question = { permission: 'storage.objects.get', resource: `${bucket}/objects/a.jpg` }
      compileBoundary(readJsonObject(Buffer.from(text))).permits(question, [])
    },
  },
  {
    name: 'google-condition',
    corpus: [
      "request.time < timestamp('2027-01-01T00:00:00Z') && request.time.getHours('Europe/Berlin') >= 9",
      "resource.type != 'x' || request.time - date('2026-01-01') > duration('3600s')",
      "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/viewer'])",
    ],
    words: [
      ...celWords,
      ...[
        'request.time',
        'resource.name',
        'request.auth.access_levels',
        'destination.port',
        'api',
        'request',
      ],
      ...['date(', '.getDayOfYear(', '.getMilliseconds(', '.hasOnly(', "'-25:99'", "'UTC'", 'resource'],
    ],
    refusals: ['TRUST_POLICY'],
    read(text) {
      const condition = compileCondition({ title: 'mine', expression: text }, 'condition')
      const there = { nowMs: Date.parse('2026-03-29T01:00:00Z') }
      assert.equal(condition.holds(there), condition.checks(there, 'here').at(-1)?.outcome === 'pass')
    },
  },
  {
    name: 'token-rule',
    corpus: [
      "assertion.ref == 'main' && assertion.sub.startsWith('project_path:')",
      "'ops' in assertion.groups",
    ],
    words: celWords,
    refusals: ['TRUST_POLICY'],
    read(text) {
      for (const change of [{ condition: text }, { subjectMapping: text }])
        evaluateTokenRules(
          [compileTokenRule({ ...rule, ...change })],
          { subject: claims, targets: [], scopes: [] },
          around,
          [],
        )
    },
  },
]
