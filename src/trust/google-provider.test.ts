import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MayflyError } from '../errors.ts'
import type { Check } from './decision.ts'
import { type Assertion, compileProvider, defaultAwsMapping, type ProviderRule } from './google-provider.ts'

const gitlab = {
  iss: 'https://gitlab.com',
  sub: 'project_path:acme/app:ref_type:branch:ref:main',
  project_id: '20',
  count: 20,
  groups: ['dev', 'ops'],
  environment: null,
  'kubernetes.io': { namespace: 'prod' },
}
const subject = { 'google.subject': 'assertion.sub' }
const compile = (attributeMapping: Record<string, string>, attributeCondition?: string) =>
  compileProvider({ attributeMapping, ...(attributeCondition !== undefined && { attributeCondition }) })
const mapped = (expression: string, assertion: Assertion = gitlab) =>
  compile({ ...subject, 'attribute.x': expression }).map(assertion).attributes.x
const admits = (
  condition: string,
  assertion: Assertion = gitlab,
  mapping: Record<string, string> = subject,
) => {
  const provider = compile(mapping, condition)
  return provider.admits(assertion, provider.map(assertion))
}
const failure =
  (code: string, also: (error: MayflyError) => boolean = () => true) =>
  (error: unknown) =>
    error instanceof MayflyError && error.code === code && also(error)

describe('the mapping', () => {
  test('gives a subject, groups and attributes', () => {
    const provider = compile({
      ...subject,
      'google.groups': 'assertion.groups',
      'google.display_name': "'job of ' + assertion.project_id",
      'attribute.namespace': "assertion['kubernetes.io']['namespace']",
    })
    assert.deepEqual(provider.map(gitlab), {
      subject: gitlab.sub,
      groups: ['dev', 'ops'],
      displayName: 'job of 20',
      attributes: { namespace: 'prod' },
    })
  })

  const values: [expression: string, value: string | undefined][] = [
    ["assertion.sub.split(':')[1]", 'acme/app'],
    ["assertion.groups.join(',')", 'dev,ops'],
    ["'ACME'.lowerAscii()", 'acme'],
    ["assertion.groups.map(g, g + '!').join('')", 'dev!ops!'],
    ["assertion.groups.filter(g, g.startsWith('o'))[0]", 'ops'],
    ["assertion.sub.contains('main') ? 'yes' : 'no'", 'yes'],
    ["has(assertion.missing) ? assertion.missing : 'none'", 'none'],
    ['string(assertion.count)', '20'],
    ["assertion.sub.replace(':', '/', 1)", 'project_path/acme/app:ref_type:branch:ref:main'],
    ["'ab'.replace('', '-')", '-a-b-'],
    ["assertion.sub.extract('project_path:{path}:')", 'acme/app'],
    ["assertion.sub.extract('ref:{ref}')", 'main'],
    ["assertion.sub.extract('{all}')", gitlab.sub],
    ["assertion.sub.extract('absent:{x}')", ''],
    ["assertion.sub.extract('ref:{x}/')", ''],
    ['assertion.missing', undefined],
    ['assertion.environment', undefined],
    ["assertion.missing.split('/')[0]", undefined],
  ]
  for (const [expression, value] of values)
    test(`${expression} is ${value ?? 'left out'}`, () => assert.equal(mapped(expression), value))

  test('an AWS provider without a mapping has the documented one', () => {
    const provider = compile(defaultAwsMapping)
    const arn = 'arn:aws:sts::111122223333:assumed-role/build/job-1'
    assert.deepEqual(provider.map({ arn, account: '111122223333', userid: 'AROAEXAMPLE:job-1' }), {
      subject: arn,
      groups: [],
      attributes: { aws_role: 'arn:aws:sts::111122223333:assumed-role/build' },
    })
    const user = 'arn:aws:iam::111122223333:user/ann'
    assert.equal(provider.map({ arn: user }).attributes.aws_role, user)
  })

  const failures: [why: string, mapping: Record<string, string>, google: RegExp | undefined][] = [
    ['an absent subject', { 'google.subject': 'assertion.missing' }, undefined],
    ['an empty subject', { 'google.subject': "''" }, undefined],
    [
      'a subject that is a number',
      { 'google.subject': 'assertion.count' },
      /^The mapped attribute 'google.subject' must be of type STRING\.$/,
    ],
    [
      'an attribute that is a boolean',
      { ...subject, 'attribute.x': 'true' },
      /'attribute.x' must be of type/,
    ],
    ['groups that are no list', { ...subject, 'google.groups': 'assertion.sub' }, undefined],
    ['groups that are no strings', { ...subject, 'google.groups': '[1]' }, undefined],
  ]
  for (const [why, mapping, google] of failures)
    test(`${why} is TRUST_MAPPING`, () => {
      const trace: Check[] = []
      assert.throws(
        () => compile(mapping).map(gitlab, trace),
        failure('TRUST_MAPPING', ({ values }) => (google ? google.test(`${values.google}`) : !values.google)),
      )
      assert.deepEqual(
        trace
          .filter(({ part }) => !part)
          .map(({ outcome }) => outcome)
          .at(-1),
        'fail',
      )
    })

  test('a subject of 127 bytes is taken, and one more is refused in the words of Google', () => {
    const provider = compile(subject)
    assert.equal(provider.map({ sub: `${'é'.repeat(63)}a` }).subject.length, 64)
    assert.throws(
      () => provider.map({ sub: 'é'.repeat(64) }),
      failure('TRUST_MAPPING', ({ values }) => /exceeds the 127 bytes limit/.test(`${values.google}`)),
    )
  })

  test('attributes of too many bytes together are TRUST_MAPPING', () => {
    const provider = compile({ ...subject, 'attribute.a': 'assertion.big', 'attribute.b': 'assertion.big' })
    assert.doesNotThrow(() => provider.map({ sub: 's', big: 'x'.repeat(4000) }))
    assert.throws(() => provider.map({ sub: 's', big: 'x'.repeat(4096) }), failure('TRUST_MAPPING'))
  })

  test('an attribute may be called like a member of every object', () => {
    const { attributes } = compile({ ...subject, 'attribute.__proto__': "'x'" }).map(gitlab)
    assert.deepEqual(Object.entries(attributes), [['__proto__', 'x']])
  })
})

describe('the condition', () => {
  const table: [condition: string, admits: boolean][] = [
    ['true', true],
    ["assertion.project_id == '20'", true],
    ['assertion.project_id == 20', false],
    ['assertion.project_id != 20', true],
    ['assertion.count == 20', true],
    ['assertion.count == 20.0 && assertion.count > 19', true],
    ["'ops' in assertion.groups", true],
    ["'qa' in assertion.groups", false],
    ["assertion.sub.matches('ref:main$')", true],
    ["assertion.sub.matches('^ref')", false],
    ["assertion.groups.exists(g, g == 'dev')", true],
    ["assertion.groups.all(g, g == 'dev')", false],
    ["google.subject.startsWith('project_path:')", true],
    ["attribute.team == 'x'", false],
    ["attribute.team != 'x'", false],
    ["assertion.missing == 'x'", false],
    ["assertion.missing != 'x'", false],
    ["assertion.missing == 'x' || true", true],
    ['has(assertion.environment)', true],
    ['!has(assertion.environment)', false],
    ['assertion.environment == null', true],
    ["'yes'", false],
  ]
  for (const [condition, expected] of table)
    test(`${condition} ${expected ? 'admits' : 'does not'}`, () => assert.equal(admits(condition), expected))

  test('reads what was mapped', () => {
    const mapping = {
      ...subject,
      'google.groups': 'assertion.groups',
      'attribute.id': 'assertion.project_id',
    }
    assert.equal(admits("'dev' in google.groups && attribute.id == '20'", gitlab, mapping), true)
  })

  test('a claim cannot pass for a variable or a type of its own', () => {
    const odd = JSON.parse('{"sub":"s","constructor":{"name":"x"},"__proto__":{"sub":"y"},"$typeName":"z"}')
    assert.equal(admits("assertion.sub == 's' && assertion.constructor.name == 'x'", odd), true)
  })

  test('its trace has a check a term, and the same verdict', () => {
    const provider = compile(subject, "assertion.iss == 'https://gitlab.com' && assertion.project_id == 20")
    const trace: Check[] = []
    assert.equal(provider.admits(gitlab, provider.map(gitlab), trace), false)
    assert.deepEqual(
      trace.map(({ check, outcome, presented, expected }) => [check, outcome, presented, expected]),
      [
        ['term', 'pass', 'https://gitlab.com', 'https://gitlab.com'],
        ['term', 'fail', '20', '20'],
        [
          'attribute-condition',
          'fail',
          undefined,
          "assertion.iss == 'https://gitlab.com' && assertion.project_id == 20",
        ],
      ],
    )
  })
})

describe('what does not compile', () => {
  const mapping = (expression: string): ProviderRule => ({
    attributeMapping: { 'google.subject': expression },
  })
  const place = 'attributeMapping["google.subject"]'
  const condition = (attributeCondition: string): ProviderRule => ({
    attributeMapping: subject,
    attributeCondition,
  })
  const table: [why: string, rule: ProviderRule, path: string][] = [
    ['no subject', { attributeMapping: {} }, place],
    [
      'a key of no kind',
      { attributeMapping: { ...subject, 'google.email': '' } },
      'attributeMapping["google.email"]',
    ],
    [
      'a key in capitals',
      { attributeMapping: { ...subject, 'attribute.Team': "''" } },
      'attributeMapping["attribute.Team"]',
    ],
    ['a syntax error', mapping('assertion.sub ='), place],
    ['an unknown variable', mapping('token.sub'), place],
    ['a variable of conditions alone', mapping('attribute.x'), place],
    ['an unknown function', mapping('assertion.sub.reverse()'), place],
    ['a function of no use here', mapping("'%s'.format([assertion.sub])"), place],
    ['the counter', mapping('@step()'), place],
    ['a message', mapping('google.protobuf.Value{}'), place],
    ['too long an expression', mapping(`'${'x'.repeat(2048)}'`), place],
    ['too long a condition', condition(`'${'x'.repeat(4096)}' == ''`), 'attributeCondition'],
    ['a pattern that is none', condition("assertion.sub.matches('(')"), 'attributeCondition'],
    ['a pattern from a token', condition('assertion.sub.matches(assertion.iss)'), 'attributeCondition'],
    [
      'patterns that take long to compile',
      condition(Array.from({ length: 60 }, (_, i) => `'x'.matches('x{9${10 + i}}')`).join(' || ')),
      'attributeCondition',
    ],
    ['a template that is none', mapping("assertion.sub.extract('x')"), place],
    ['a template with two names', mapping("assertion.sub.extract('{a}{b}')"), place],
    ['macros three deep', condition('[1].all(a, [1].all(b, [1].all(c, true)))'), 'attributeCondition'],
    ['nesting without end', mapping(`${'['.repeat(1000)}1${']'.repeat(1000)}`), place],
    ['deep nesting', mapping(`${'['.repeat(100)}1${']'.repeat(100)}`), place],
    [
      'too many attributes',
      {
        attributeMapping: {
          ...subject,
          ...Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`attribute.a${i}`, "''"])),
        },
      },
      'attributeMapping',
    ],
  ]
  for (const [why, rule, path] of table)
    test(`${why} is TRUST_POLICY at ${path}`, () => {
      assert.throws(
        () => compileProvider(rule),
        failure('TRUST_POLICY', ({ values }) => values.path === path),
      )
    })

  test('a long chain of one operator compiles', () => {
    assert.equal(admits(Array(300).fill('true').join(' && ')), true)
  })
})

describe('an evaluation has an end', () => {
  const list = Array.from({ length: 5000 }, (_, i) => `g${i}`)
  const keys = (count: number) => Array.from({ length: count }, (_, i) => `${i}u: 1`).join(', ')
  const hostile: [why: string, expression: string][] = [
    ['loops in loops', "assertion.list.exists(a, assertion.list.exists(b, a + b == 'x'))"],
    ['membership in loops', "assertion.list.exists(a, a + 'x' in assertion.list)"],
    ['a long mapped list', 'size(assertion.list.map(a, a)) > 0'],
    ['doubling strings', `${"['xxxxxxxx']"}${'.map(s, s + s)'.repeat(40)}[0] != ''`],
    ['doubling lists', `size(${"[['x']]"}${'.map(s, s + s)'.repeat(40)}[0]) > 0`],
    ['replacing nothing by much', "assertion.big.replace('', assertion.big) != ''"],
    ['joining with much', "assertion.list.join(assertion.big) != ''"],
    ['long text in a loop', "assertion.list.exists(g, assertion.big.lowerAscii().startsWith(g + '/'))"],
    ['long text made in a loop', "assertion.list.exists(g, (g + assertion.big).startsWith('/'))"],
    ['long text searched in a loop', "assertion.list.exists(g, assertion.big.contains(g + '/'))"],
    ['long text matched in a loop', "assertion.list.exists(g, assertion.big.matches('(x+)+y'))"],
    ['long text measured in a loop', 'assertion.list.exists(g, size(assertion.big) < 3)'],
    ['a long body', `assertion.list.exists(g, ${Array(200).fill("g == 'x'").join(' || ')})`],
    ['what is absent, in a loop', `assertion.list.exists(g, ${Array(200).fill('g.x').join(' || ')})`],
    ['lists compared in a loop', 'assertion.list.exists(g, assertion.list != assertion.list)'],
    ['a long list gone through in a loop', 'assertion.list.exists(g, !assertion.list.exists(h, true))'],
    ['a list made one by one, time and again', 'assertion.list.exists(g, assertion.list.map(h, h) == [])'],
    ['lists of lists compared', `[1]${'.map(s, [s, s])'.repeat(30)}.exists(s, s != s)`],
    ['a list sought in a list of lists', `assertion.list.map(g, [g]).exists(g, [[g]] in [assertion.list])`],
    ['one long text sought in another', "assertion.big.contains(assertion.big.replace('x', 'y', 1))"],
    ['a long text sought from its end', "assertion.big.lastIndexOf(assertion.big.substring(5000) + 'y') > 0"],
    ['a number of many digits', 'int(assertion.big) == 1'],
    ['the time in zones', "assertion.list.exists(g, timestamp(1).getHours('Asia/Seoul') == 30)"],
    [
      'numbers sought in a map',
      `[{${keys(200)}}].exists(m, assertion.list.exists(g, 999 in m || m[-1] == 1))`,
    ],
    ['a great pattern in a loop', "assertion.list.exists(g, g.matches('^[gx]?([xyz]?){90}[yz]$'))"],
  ]
  for (const [why, expression] of hostile)
    test(`${why} is refused`, () => {
      const trace: Check[] = []
      const assertion = { sub: 's', list, big: 'x'.repeat(10_000) }
      const provider = compile(subject, `true && ${expression}`)
      assert.equal(provider.admits(assertion, provider.map(assertion), trace), false)
      assert.match(trace[1]!.hint!, /too many steps|makes a (string|list) of over/)
    })

  const some: [why: string, expression: string][] = [
    ['going through a list for nothing', '!assertion.half.exists(h, true)'],
    [
      'a list put behind another, twice',
      'size(assertion.half + [g]) == 0 && size(assertion.half + [g]) == 0',
    ],
    ['a list sought among lists', 'assertion.half in [assertion.half, [1]]'],
  ]
  for (const [why, expression] of some)
    test(`what a function does with a list is paid for: ${why}`, () => {
      const over = (count: number) =>
        admits(`!assertion.list.exists(g, !(${expression}) && g == '')`, {
          sub: 's',
          list: list.slice(0, count),
          half: list.slice(0, 500),
        })
      assert.deepEqual([over(50), over(1800)], [true, false])
    })

  test('a condition over hundreds of groups is evaluated', () => {
    const some = { sub: 's', list: list.slice(0, 400) }
    assert.equal(admits("assertion.list.exists(g, g in ['a', 'b', 'g399'])", some), true)
    assert.equal(admits("size(assertion.list.filter(g, g.startsWith('g1'))) == 111", some), true)
  })

  test('a condition that compares the project with hundreds of groups is evaluated', () => {
    const some = { sub: 's', list: list.slice(0, 400), path: `G399/${'x'.repeat(195)}` }
    assert.equal(
      admits("assertion.list.exists(g, assertion.path.lowerAscii().startsWith(g + '/'))", some),
      true,
    )
    assert.equal(admits("assertion.list.exists(g, assertion.path.matches('^H'))", some), false)
  })

  const terms = (term: (i: number) => string) => Array.from({ length: 30 }, (_, i) => term(i)).join(' || ')
  const ordinary: [why: string, expression: string][] = [
    ['comparisons', `assertion.groups.exists(g, ${terms((i) => `g == 'acme-${i}'`)})`],
    ['comparisons, a loop each', terms((i) => `assertion.groups.exists(g, g == 'acme-${i}')`)],
    ['beginnings', `assertion.groups.exists(g, ${terms((i) => `g.startsWith('acme-${i}/')`)})`],
    [
      'beginnings of the path',
      `assertion.groups.exists(g, ${terms((i) => `assertion.sub.startsWith(g + '/${i}')`)})`,
    ],
    ['other letter cases', `assertion.groups.exists(g, ${terms((i) => `g.lowerAscii() == 'acme-${i}'`)})`],
    ['patterns', `assertion.groups.exists(g, ${terms((i) => `g.matches('^acme-.*/team-${i}x$')`)})`],
    ['memberships', terms((i) => `'acme-${i}' in assertion.groups`)],
  ]
  for (const [why, expression] of ordinary)
    test(`a condition of 30 terms over 200 groups is evaluated: ${why}`, () => {
      const groups = Array.from({ length: 200 }, (_, i) => `acme-platform/team-${i}-developers`)
      assert.equal(admits(`!(${expression})`, { sub: gitlab.sub, groups }), true)
    })

  test('the terms of a condition share the steps of one evaluation', () => {
    const trace: Check[] = []
    const term = 'assertion.list.all(a, assertion.list.all(b, a != b + b))'
    const provider = compile(subject, Array(20).fill(term).join(' && '))
    const assertion = { sub: 's', list: list.slice(0, 60) }
    provider.admits(assertion, provider.map(assertion), trace)
    const hints = trace.filter(({ check }) => check === 'term').map(({ hint }) => hint)
    assert.equal(hints[0], undefined)
    assert.match(hints.at(-1)!, /too many steps/)
  })

  test('each evaluation has its own steps', () => {
    for (let i = 0; i < 30; i++)
      assert.equal(admits("'g399' in assertion.list", { sub: 's', list: list.slice(0, 400) }), true)
  })

  test('an assertion that nests without end is TRUST_MAPPING', () => {
    let deep: unknown = 'x'
    for (let i = 0; i < 1000; i++) deep = { deep }
    assert.throws(() => compile(subject).map({ sub: 's', deep }), failure('TRUST_MAPPING'))
  })
})
