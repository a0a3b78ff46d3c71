import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { sources } from '../sources/index.ts'
import { mayflyJsonSchema } from './json-schema.ts'

const names = sources.map(([name]) => name)

const root = join(import.meta.dirname, '..', '..')

test('schema/mayfly.schema.json is the one that this schema makes', () => {
  const stored = readFileSync(join(root, 'schema/mayfly.schema.json'), 'utf8')
  assert.equal(stored, mayflyJsonSchema(names), 'run npm run docs')
})

test('no object of the schema admits unknown members, and every member of a credential is described', () => {
  const schema = JSON.parse(mayflyJsonSchema(names))
  assert.equal(schema.additionalProperties, false)
  for (const entry of schema.properties.credentials.items.oneOf) {
    assert.equal(entry.additionalProperties, false)
    for (const [name, member] of Object.entries(entry.properties as Record<string, { description?: string }>))
      assert.ok(name === 'to' || member.description, `${name} has no description`)
  }
})
