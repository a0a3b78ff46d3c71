import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MayflyError } from '../errors.ts'
import { compileCel } from './google-cel.ts'
import { type Circumstances, compileCondition } from './google-condition.ts'

const compiled = (expression: string, more: object = {}) =>
  compileCondition({ title: 'office hours', expression, ...more }, 'bindings[0].condition')
const nowMs = Date.parse('2026-07-01T22:30:15.250Z')
const project = {
  type: 'cloudresourcemanager.googleapis.com/Project',
  service: 'cloudresourcemanager.googleapis.com',
}
const roles = (...names: string[]) => ({ 'iam.googleapis.com/modifiedGrantsByRole': names })

describe('a condition', () => {
  const table: [expression: string, holds: boolean, circumstances?: Partial<Circumstances>][] = [
    ['request.time < timestamp("2026-07-02T00:00:00Z")', true],
    ['request.time < timestamp("2026-07-01T22:30:15Z")', false],
    ['request.time >= timestamp("2026-07-02T00:30:15.25+02:00")', true],
    ['request.time < date("2026-07-02") && request.time > date("2026-07-01")', true],
    ['request.time < date("2026-02-30")', false],
    ['request.time - timestamp("2026-07-01T22:00:00Z") < duration("3600s")', true],
    ['request.time.getFullYear() == 2026 && request.time.getMonth() == 6', true],
    ['request.time.getHours("Europe/Berlin") == 0 && request.time.getDate("Europe/Berlin") == 2', true],
    ['request.time.getHours("+05:30") == 4 && request.time.getMinutes("+05:30") == 0', true],
    ['request.time.getDayOfWeek("America/Los_Angeles") == 3', true],
    ['request.time.getDayOfMonth() == 0 && request.time.getDayOfYear() == 181', true],
    ['request.time.getSeconds() == 15 && request.time.getMilliseconds() == 250', true],
    ['request.time.getHours("Europe/Nowhere") >= 0', false],
    ['request.time < timestamp("next week")', false],
    ['request.time > timestamp("2026-02-30T00:00:00Z")', false],
    ['!(request.time < timestamp("next week"))', false],
    ['resource.name != "x"', false],
    ['!(resource.name == "x")', false],
    ['resource.service == "iam.googleapis.com"', false],
    ['resource.type != "compute.googleapis.com/Disk" || resource.name.endsWith("x")', false],
    ['resource.name == "x" || request.time.getFullYear() == 2026', true],
    ['destination.port != 22', false],
    ['request.host != "x" || request.path != "/"', false],
    ['!("accessPolicies/1/accessLevels/x" in request.auth.access_levels)', false],
    ['resource.name.startsWith("projects/")', false, { resource: project }],
    [`resource.type == "${project.type}"`, true, { resource: project }],
    [`resource.service == "${project.service}"`, true, { resource: project }],
    ['api.getAttribute("iam.googleapis.com/modifiedGrantsByRole", []).hasOnly(["roles/viewer"])', true],
    [
      'api.getAttribute("iam.googleapis.com/modifiedGrantsByRole", []).hasOnly(["roles/viewer"])',
      true,
      { api: roles('roles/viewer') },
    ],
    [
      'api.getAttribute("iam.googleapis.com/modifiedGrantsByRole", []).hasOnly(["roles/viewer"])',
      false,
      { api: roles('roles/viewer', 'roles/owner') },
    ],
    ['api.getAttribute("another", "none") == "none"', true],
    ['1 / 0 == 1 || 1 / 0 != 1', false],
    ['"x".matches("x{1,900}y")', false],
  ]
  for (const [expression, holds, circumstances] of table)
    test(`${expression} ${holds ? 'holds' : 'does not hold'}${circumstances ? ' there' : ''}`, () => {
      assert.equal(compiled(expression).holds({ nowMs, ...circumstances }), holds)
    })

  const thirteen = Array.from({ length: 14 }, (_, i) => `request.time.getHours() != ${i}`)
  const refused: [expression: string, path?: string][] = [
    [''],
    ['request.time <'],
    ['request.tme < timestamp("2027-01-01T00:00:00Z")'],
    ['request == request'],
    ['request["time"] < timestamp("2027-01-01T00:00:00Z")'],
    ['has(request.time)'],
    ['!has(resource.name)'],
    ['resource.nme == "x"'],
    ['request.auth.claims.sub == "x"'],
    ['request.time.seconds > 1'],
    ['principal.type == "x"'],
    ['["x"].exists(request, request.time == "x")'],
    ['assertion.sub == "x"'],
    ['resource.matchTag("1/env", "prod")'],
    ['compute.isForwardingRuleCreationOperation()'],
    ['request.time'],
    ['"true"'],
    ['resource.name'],
    ['api.getAttribute("x", []).hasOnly([resource.name])'],
    ['["x"].getAttribute("x", [])'],
    [`api.getAttribute("x", []).hasOnly([${Array.from({ length: 11 }, (_, i) => i)}])`],
    [thirteen.join(' || ')],
    [`true ${' '.repeat(12_000)}`],
  ]
  for (const [expression] of refused)
    test(`${expression.slice(0, 60)} is TRUST_POLICY`, () => {
      assert.throws(
        () => compiled(expression),
        (error) =>
          error instanceof MayflyError &&
          error.code === 'TRUST_POLICY' &&
          error.values.path === 'bindings[0].condition.expression',
      )
    })

  test('has up to 12 logic operators', () => {
    assert.equal(compiled(thirteen.slice(1).join(' && ')).holds({ nowMs }), true)
    assert.equal(compiled(`!(${thirteen.slice(2).join(' || ')})`).holds({ nowMs }), false)
  })

  test('has a title, and no member that is not known', () => {
    for (const more of [{ title: undefined }, { title: 1 }, { expresion: 'true' }])
      assert.throws(
        () => compiled('true', more),
        (error) => error instanceof MayflyError && error.code === 'TRUST_POLICY',
      )
    assert.equal(compiled('true', { description: 'x', location: 'y' }).title, 'office hours')
  })

  test('says part by part what was compared, and when', () => {
    const { checks } = compiled('request.time > date("2026-01-01") && request.time < date("2026-07-01")')
    const [first, second, whole] = checks({ nowMs }, 'bindings[0].condition')
    assert.deepEqual([first!.outcome, second!.outcome, whole!.outcome], ['pass', 'fail', 'fail'])
    assert.deepEqual(
      [second!.presented, second!.expected],
      ['2026-07-01T22:30:15.250Z', '2026-07-01T00:00:00.000Z'],
    )
    assert.equal(whole!.presented, 'a request at 2026-07-01T22:30:15.250Z')
    assert.match(whole!.hint!, /"office hours"/)
    const hintOf = (expression: string) => compiled(expression).checks({ nowMs }, 'x').at(-1)!.hint!
    assert.match(hintOf('resource.name == "x"'), /have no resource\.name/)
    assert.match(hintOf('request.time < timestamp("soon")'), /cannot be evaluated \(.*"soon"/)
  })
})

test('a chain of one operator has an end, long before the stack has one, whatever ran before', () => {
  const chain = (links: number) => `"a"${' + "a"'.repeat(links)} == "x"`
  assert.equal(compiled(chain(250)).holds({ nowMs }), false)
  for (const text of [chain(260), chain(1900), `[[1]]${'[0]'.repeat(300)} == 1`])
    assert.throws(
      () => compiled(text),
      (error) => error instanceof MayflyError && /at most 256 times in a row/.test(error.message),
    )
  const alternatives = Array.from({ length: 150 }, (_, i) => `assertion.sub == "${i}"`).join(' || ')
  assert.ok(compileCel(alternatives, 'attributeCondition', { maxLength: 4096, variables: ['assertion'] }))
})

test('brackets nest as deep at the next start as they do now', () => {
  const nested = (levels: number) => `${'('.repeat(levels)}true${')'.repeat(levels)}`
  assert.equal(compiled(nested(60)).holds({ nowMs }), true)
  const hidden = [
    `"(" != r"\\" && ${nested(70)}`,
    `// """\n${nested(70)}`,
    `'''(\\''' '''  != "" || ${nested(70)}`,
  ]
  for (const text of [nested(65), nested(400), ...hidden])
    assert.throws(
      () => compiled(text),
      (error) => error instanceof MayflyError && /brackets nested at most 64 deep/.test(error.message),
      text,
    )
  const quoted = Array.from({ length: 12 }, () => `"${'('.repeat(20)}" != '[['`).join(' && ')
  assert.equal(compiled(quoted).holds({ nowMs }), true)
})
