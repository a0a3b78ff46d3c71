import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { trustJsonSchema } from './json-schema.ts'

test('schema/trust.schema.json is what the schema says; `npm run docs` writes it anew', () => {
  const published = readFileSync(new URL('../../schema/trust.schema.json', import.meta.url), 'utf8')
  assert.deepEqual(JSON.parse(published), JSON.parse(JSON.stringify(trustJsonSchema())))
})
