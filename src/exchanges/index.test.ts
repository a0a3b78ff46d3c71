import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { testWorld } from '../../test/workload.ts'
import type { Step } from '../plan.ts'
import type { Proof } from '../proof.ts'
import { Secret } from '../secret.ts'
import { exchanges, exchangeTo } from './index.ts'

const isExchange = (value: unknown) =>
  typeof value === 'object' && value !== null && 'to' in value && 'accepts' in value && 'exchange' in value

test('every exchange in this folder is listed, once per token service', async () => {
  const files = readdirSync(import.meta.dirname).filter((file) => /^(?!index).*(?<!\.test)\.ts$/.test(file))
  const modules = await Promise.all(files.map((file) => import(`./${file}`)))
  const found = modules.flatMap((each) => Object.values(each).filter(isExchange))
  assert.deepEqual(new Set(found), new Set(exchanges))
  assert.equal(new Set(exchanges.map((each) => each.to)).size, exchanges.length)
})

test('a proof of a kind that an exchange does not take is refused before it is used', async () => {
  const step: Step = { to: 'aws', role: 'arn:aws:iam::123456789012:role/deploy', sessionName: 'job' }
  const proof = { kind: 'saml', token: new Secret('x') } as unknown as Proof
  const exchange = exchangeTo(step)
  assert.equal(exchange.to, 'aws')
  const outcome = exchange.exchange(proof, step, {}, testWorld(), new AbortController().signal)
  await assert.rejects(outcome, { code: 'EXCHANGE_PROOF' })
})

test('a step to a token service that nobody knows is refused', () => {
  assert.throws(() => exchangeTo({ to: 'elsewhere' } as unknown as Step), { code: 'CONFIG_UNSUPPORTED' })
})
