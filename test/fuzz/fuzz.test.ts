import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from './fuzz.ts'
import { targets } from './targets.ts'
import { watched } from './watched.ts'

for (const { name } of targets)
  test(`${name} takes an input or refuses it as it may, and comes back`, async () => {
    const { finding, taken } = await watched(name, { seed: 1, runs: 200 })
    assert.equal(finding, undefined, JSON.stringify(finding, null, 2))
    assert.ok(taken > 0, 'something of it is taken')
  })

test('what a parser throws besides its refusals is found, with what repeats it', async () => {
  const target = { name: 'x', corpus: ['abc'], words: ['x'], refusals: [], read }
  const { finding } = await fuzz(target, { seed: 3, runs: 1000 })
  assert.match(finding!.input, /x/)
  assert.match(finding!.why, /an x/)
  const again = await fuzz(target, { seed: 3, runs: 1000, path: finding!.path! })
  assert.equal(again.finding?.input, finding!.input)
})

function read(text: string): void {
  if (text.includes('x')) throw new Error('an x')
}
