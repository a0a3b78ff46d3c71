import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { underReaper } from '../../src/cli/reaper.ts'
import { mayfly, run } from '../fakes/run.ts'
import { awsJob } from './surroundings.ts'

const container = ['unshare', '--pid', '--fork', '--mount-proc']
const allowed = spawnSync(container[0]!, [...container.slice(1), 'true']).status === 0
const skip = allowed ? false : 'unshare --pid is not permitted here'

// Leaves PID 1 an orphan that ends (`sleep`), waits until it has, and counts who is dead and unreaped.
const orphaning = `
sh -c 'sleep 0.2 & echo $! > "$0"' "$0.pid"
orphan=$(cat "$0.pid")
tries=0
while [ -e /proc/$orphan ] && [ $tries -lt 60 ]; do
  tries=$((tries + 1))
  sleep 0.05
done
echo unreaped $(grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l)
echo first $(tr '\\0' ' ' < /proc/1/cmdline)
exit 7
`

test('as PID 1, orphans are reaped and the exit code is passed on', { skip }, async (t) => {
  const { env } = await awsJob(t)
  const file = join(env.HOME, 'orphaning.sh')
  await writeFile(file, orphaning)
  const { code, out, err } = await run([...container, mayfly, 'run', '--', '/bin/sh', file], env)
  assert.equal(err, '')
  assert.match(out, /^unreaped 0$/m)
  assert.match(out, /^first sh -c/m)
  assert.equal(code, 7)
})

test('as PID 1, SIGTERM reaches the program', { skip }, async (t) => {
  const { env } = await awsJob(t)
  const program = `trap 'echo stopped; exit 5' TERM; kill -TERM 1; while :; do sleep 0.05; done`
  const { code, out } = await run([...container, mayfly, 'run', '--', '/bin/sh', '-c', program], env)
  assert.deepEqual([code, out], [5, 'stopped\n'])
})

test('standard input goes through the reaper', () => {
  const [shell, ...args] = underReaper(['cat'])
  assert.equal(spawnSync(shell, args, { input: 'typed', encoding: 'utf8' }).stdout, 'typed')
})

test('the exit code of a program that a signal ended is passed on', () => {
  const [shell, ...args] = underReaper(['/bin/sh', '-c', 'kill -TERM $$'])
  assert.equal(spawnSync(shell, args).status, 128 + 15)
})
