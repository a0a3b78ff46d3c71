import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { mayflyJsonSchema } from './json-schema.ts'

const root = join(import.meta.dirname, '..', '..')

test('schema/mayfly.schema.json is the one that this schema makes', () => {
  const stored = readFileSync(join(root, 'schema/mayfly.schema.json'), 'utf8')
  assert.equal(stored, mayflyJsonSchema(), 'write what mayflyJsonSchema() gives to schema/mayfly.schema.json')
})

test('no object of the schema admits unknown members, and every member of a credential is described', () => {
  const schema = JSON.parse(mayflyJsonSchema())
  assert.equal(schema.additionalProperties, false)
  for (const entry of schema.properties.credentials.items.oneOf) {
    assert.equal(entry.additionalProperties, false)
    for (const [name, member] of Object.entries(entry.properties as Record<string, { description?: string }>))
      assert.ok(name === 'to' || member.description, `${name} has no description`)
  }
})
