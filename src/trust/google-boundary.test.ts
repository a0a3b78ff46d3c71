import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MayflyError } from '../errors.ts'
import type { Check } from './decision.ts'
import { decisionOf } from './explain.ts'
import { type BoundaryQuestion, compileBoundary } from './google-boundary.ts'

const bucket = 'projects/_/buckets/pictures'
const rule = (more: Record<string, unknown> = {}) => ({
  availableResource: `//storage.googleapis.com/${bucket}`,
  availablePermissions: ['inRole:roles/storage.objectViewer'],
  ...more,
})
const boundary = (...rules: unknown[]) => compileBoundary({ accessBoundaryRules: rules })
const on = (expression: string) => rule({ availabilityCondition: { expression } })
const get = (name: string, of = bucket): BoundaryQuestion => ({
  permission: 'storage.objects.get',
  resource: `${of}/objects/${name}`,
})
const list = (objectListPrefix?: string): BoundaryQuestion => ({
  permission: 'storage.objects.list',
  resource: bucket,
  ...(objectListPrefix !== undefined && { objectListPrefix }),
})

test('a rule gives what its roles give, on its bucket and on nothing else', () => {
  const { permits } = boundary(rule())
  assert.ok(permits(get('cat.jpg')))
  assert.ok(permits(list()))
  assert.ok(!permits({ ...get('cat.jpg'), permission: 'storage.objects.create' }))
  assert.ok(!permits({ ...get('cat.jpg'), permission: 'storage.objects.delete' }))
  for (const other of ['projects/_/buckets/pictures-2', 'projects/_/buckets/picture', 'projects/_/buckets/x'])
    assert.ok(!permits(get('cat.jpg', other)), other)
  assert.ok(!permits({ permission: 'storage.buckets.list', resource: 'projects/_' }))
})

test('rules add up, each for its own bucket', () => {
  const creator = { availablePermissions: ['inRole:roles/storage.objectCreator'] }
  const other = '//storage.googleapis.com/projects/_/buckets/uploads'
  const { permits } = boundary(rule(), rule({ ...creator, availableResource: other }))
  const create = (of: string) => ({ ...get('x', of), permission: 'storage.objects.create' })
  assert.ok(permits(create('projects/_/buckets/uploads')))
  assert.ok(!permits(create(bucket)))
  assert.ok(!permits(get('x', 'projects/_/buckets/uploads')))
})

test('a condition limits objects by name and type, and listings by their prefix', () => {
  const named = boundary(on(`resource.name.startsWith('${bucket}/objects/alice/')`))
  assert.ok(named.permits(get('alice/cat.jpg')))
  assert.ok(!named.permits(get('bob/cat.jpg')))
  assert.ok(!named.permits(list('alice/')))
  const listed = boundary(
    on(
      `resource.name.startsWith('${bucket}/objects/alice/') || api.getAttribute('storage.googleapis.com/objectListPrefix', '').startsWith('alice/')`,
    ),
  )
  assert.ok(listed.permits(list('alice/')))
  assert.ok(listed.permits(get('alice/cat.jpg')))
  for (const prefix of [undefined, '', 'bob/', 'ali']) assert.ok(!listed.permits(list(prefix)), prefix)
  const objects = boundary(on("resource.type == 'storage.googleapis.com/Object'"))
  assert.deepEqual([objects.permits(get('x')), objects.permits(list())], [true, false])
})

test('a condition that cannot be evaluated gives nothing', () => {
  assert.ok(!boundary(on("resource.absent == 'x' || resource.name == 1")).permits(get('x')))
  assert.ok(!boundary(on("'yes'")).permits(get('x')))
})

test('the conditions of a boundary together take what one evaluation may', () => {
  const list = `[${Array(60).fill(1).join()}]`
  const within = `${list}.all(a, ${list}.all(b, a == b)) && resource.name != ''`
  const checks: Check[] = []
  assert.ok(!boundary(...Array(10).fill(on(within))).permits(get('x'), checks))
  assert.match(checks[0]!.hint!, /too many steps/)
  const many = Array.from(
    { length: 20 },
    (_, i) => `resource.name.matches('/objects/[a-z]+/[0-9]{1,4}-${i}$')`,
  )
  assert.ok(boundary(on(many.join(' || '))).permits(get('alice/2026-19')))
})

test('a role of which nothing is known gives nothing, and the trace says so', () => {
  const checks: Check[] = []
  const custom = boundary(rule({ availablePermissions: ['inRole:projects/acme/roles/reader'] }))
  assert.ok(!custom.permits(get('x'), checks))
  assert.match(decisionOf(checks).nearMiss ?? '', /projects\/acme\/roles\/reader gives is not known here/)
})

test('the trace of a denial names the nearest rule and why it does not give it', () => {
  const checks: Check[] = []
  const condition = `resource.name.startsWith('${bucket}/objects/alice/')`
  assert.ok(!boundary(on(condition)).permits(get('bob/cat.jpg'), checks))
  const { nearMiss } = decisionOf(checks)
  assert.match(nearMiss ?? '', /accessBoundaryRules\[0\].*Its condition does not hold: resource\.name/)
})

const wrong: Readonly<Record<string, unknown>> = {
  'no object': [],
  'no rules': { accessBoundaryRules: [] },
  'eleven rules': { accessBoundaryRules: Array.from({ length: 11 }, () => rule()) },
  'a member that is misspelled': {
    accessBoundaryRules: [rule({ availabilityConditon: { expression: 'false' } })],
  },
  'a member of its own': { accessBoundaryRules: [rule()], version: 1 },
  'no permission': { accessBoundaryRules: [rule({ availablePermissions: [] })] },
  'a permission without inRole': {
    accessBoundaryRules: [rule({ availablePermissions: ['storage.objects.get'] })],
  },
  'an object as resource': {
    accessBoundaryRules: [rule({ availableResource: `//storage.googleapis.com/${bucket}/objects/x` })],
  },
  'another service': {
    accessBoundaryRules: [rule({ availableResource: '//bigquery.googleapis.com/projects/x' })],
  },
  'a condition without an expression': {
    accessBoundaryRules: [rule({ availabilityCondition: { title: 'x' } })],
  },
  'a variable that boundaries do not have': { accessBoundaryRules: [on('request.time > resource.time')] },
  'getAttribute of something else': { accessBoundaryRules: [on("resource.getAttribute('name', '') == ''")] },
}

for (const [what, value] of Object.entries(wrong))
  test(`a boundary with ${what} is refused`, () => {
    const isPolicy = (error: unknown) => error instanceof MayflyError && error.code === 'TRUST_POLICY'
    assert.throws(() => compileBoundary(value), isPolicy)
  })
