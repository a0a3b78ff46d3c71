import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failure } from '../../test/workload.ts'
import { readLabFlags } from './lab-flags.ts'

test('flags before the two dashes are the lab’s, and all after them the command’s', () => {
  const { command, trust, services, options, verbose } = readLabFlags([
    ...[
      '--trust',
      'a.yaml',
      '--platform',
      'gitlab',
      '--claim',
      'ref=a=b',
      '--id-token',
      'T=a',
      '--id-token',
      'T=b',
    ],
    ...[
      '--service',
      'bigquery.googleapis.com=http://127.0.0.1:9050',
      '--absent',
      'drop',
      '--',
      'make',
      '--verbose',
    ],
  ])
  assert.deepEqual([command, trust, verbose], [['make', '--verbose'], 'a.yaml', false])
  assert.deepEqual(services, [['bigquery.googleapis.com', 'http://127.0.0.1:9050']])
  assert.deepEqual(options, {
    platform: 'gitlab',
    absent: 'drop',
    claims: { ref: 'a=b' },
    audience: [],
    idTokens: { T: ['a', 'b'] },
  })
})

test('a time is a moment, or so far from now', () => {
  const startsAt = (at: string) => readLabFlags([`--at=${at}`, '--', 'true']).time?.startsAt(1_000)
  assert.equal(startsAt('2026-12-24T18:00:00Z'), Date.parse('2026-12-24T18:00:00Z'))
  assert.deepEqual([startsAt('+2h'), startsAt('-5m')], [7_201_000, -299_000])
  assert.deepEqual(readLabFlags(['--speed', '60', '--', 'true']).time?.speed, 60)
  assert.equal(readLabFlags(['--', 'true']).time, undefined)
})

for (const [wrong, ...says] of [
  [['--platform', 'gitlb', '--', 'true'], 'did you mean gitlab?'],
  [['--absent', 'no', '--', 'true'], 'refuse, drop'],
  [['--platform', 'gitlab', '--claim', 'ref', '--', 'true'], 'NAME=VALUE'],
  [['--service', 'a.test=b', '--', 'true'], 'HOST=http://127.0.0.1:PORT'],
  [['--at', 'tomorrow', '--', 'true'], '+2h'],
  [['--speed', '0', '--', 'true'], '--speed'],
  [['--platform', 'gitlab', '--id-token', 'a b=x', '--', 'true'], 'a b'],
  [['--platform', 'gitlab', '--id-token', 'PATH=x', '--', 'true'], 'PATH'],
  [['--role', 'arn:aws:iam::123456789012:role/deploy', '--', 'true'], '--role', '--platform'],
  [['--claim', 'ref=main', '--', 'true'], '--claim', '--platform'],
  [['make'], 'mayfly lab FLAGS -- COMMAND'],
  [['--platform', 'ecs'], 'no command'],
] as const)
  test(`${wrong.join(' ')} is a wrong command line`, () => {
    assert.throws(() => readLabFlags(wrong as readonly string[]), failure('COMMAND_USAGE', ...says))
  })
