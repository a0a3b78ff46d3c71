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
  const nowMs = Date.parse('2026-11-22T00:00:00Z')
  const startsAt = (at: string) => readLabFlags([`--at=${at}`, '--', 'true']).time?.startsAt(nowMs)
  assert.equal(startsAt('2026-12-24T18:00:00Z'), Date.parse('2026-12-24T18:00:00Z'))
  assert.deepEqual([startsAt('+2h'), startsAt('-5m')], [nowMs + 7_200_000, nowMs - 300_000])
  for (const at of ['-1000000h', '+100000000h'])
    assert.throws(() => startsAt(at), failure('COMMAND_USAGE', '1970'))
  assert.deepEqual(readLabFlags(['--speed', '60', '--', 'true']).time?.speed, 60)
  assert.equal(readLabFlags(['--', 'true']).time, undefined)
})

test('a variable may have the name of what every object has', () => {
  for (const name of ['constructor', '__proto__', 'toString']) {
    const { options } = readLabFlags(['--platform', 'gitlab', '--id-token', `${name}=a`, '--', 'true'])
    assert.deepEqual(Object.entries(options.idTokens ?? {}), [[name, ['a']]])
  }
})

test('a service may be below a path', () => {
  const { services } = readLabFlags([
    '--service',
    '*.s3.amazonaws.com=http://localhost:9000/s3/',
    '--',
    'true',
  ])
  assert.deepEqual(services, [['*.s3.amazonaws.com', 'http://localhost:9000/s3/']])
})

test('a region has the form of its cloud’s', () => {
  const region = (platform: string, name: string) =>
    readLabFlags(['--platform', platform, '--region', name, '--', 'true']).options.region
  for (const name of ['us-east-1', 'us-gov-west-1', 'ap-northeast-2', 'eusc-de-east-1'])
    assert.equal(region('ecs', name), name)
  for (const name of ['us-central1', 'northamerica-northeast2']) assert.equal(region('gce', name), name)
})

for (const [wrong, ...says] of [
  [['--platform', 'ecs', '--region', 'banana', '--', 'true'], 'banana', 'eu-west-1'],
  [['--platform', 'ecs', '--region', 'us-east-1a', '--', 'true'], 'did you mean us-east-1?'],
  [['--platform', 'gce', '--region', 'us-central1-b', '--', 'true'], 'did you mean us-central1?'],
  [['--platform', 'gce', '--region', 'us-east-1', '--', 'true'], 'us-east-1', 'europe-west1'],
  [['--platform', 'gitlab', '--region', 'us-east-1', '--', 'true'], '--region', 'gitlab'],
  [['--platform', 'ecs', '--claim', 'ref=main', '--', 'true'], '--claim', 'ecs', 'eks, github, gitlab'],
  [['--platform', 'github', '--id-token', 'T=a', '--', 'true'], '--id-token', 'github', 'gitlab'],
  [['--platform', 'gitlab', '--claim', 'ref=a', '--claim', 'ref=b', '--', 'true'], 'ref', 'twice'],
  [['--service', 'a.test=https://127.0.0.1:1', '--', 'true'], 'http://127.0.0.1:PORT'],
  [['--service', 'a.test=http://10.0.0.1:1', '--', 'true'], 'http://127.0.0.1:PORT'],
  [['--service', 'a.test=http://127.0.0.1:1/?a=b', '--', 'true'], 'http://127.0.0.1:PORT'],
  [['--service', 'a.test=http://user@127.0.0.1:1', '--', 'true'], 'http://127.0.0.1:PORT'],
  [['--service', 'https://a.test=http://127.0.0.1:1', '--', 'true'], 'https://a.test', 'host name'],
  [['--service', '*.*.test=http://127.0.0.1:1', '--', 'true'], '*.*.test', 'host name'],
  [
    ['--service', 'a.test=http://127.0.0.1:1', '--service', 'A.test=http://127.0.0.1:2', '--', 'true'],
    'twice',
  ],
  [['--at', '-5m', '--', 'true'], '--at=-5m'],
  [['--platform', 'ecs', '--region', '--verbose', '--', 'true'], '--region', '--verbose'],
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
