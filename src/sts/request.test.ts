import assert from 'node:assert/strict'
import { test } from 'node:test'
import { circumstancesOf } from './request.ts'

const request = {
  id: 'x',
  method: 'POST',
  origin: 'http://127.0.0.1',
  host: '127.0.0.1',
  path: '/',
  query: '',
  body: '',
  from: '127.0.0.1',
}

test('policies see what a program says it is, and of a long text its beginning', () => {
  const seen = (text: string) => circumstancesOf({ ...request, headers: [['User-Agent', text]] }, 0).userAgent
  assert.equal(seen('aws-cli/2.31'), 'aws-cli/2.31')
  assert.equal(seen(`aws-cli/2.31 ${'x'.repeat(30_000)}`)?.length, 1024)
  assert.equal(circumstancesOf({ ...request, headers: [] }, 0).userAgent, undefined)
})
