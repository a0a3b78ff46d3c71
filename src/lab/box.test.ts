import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readlinkSync } from 'node:fs'
import { test } from 'node:test'
import { boxProblem, enterBox } from './box.ts'

const problem = boxProblem()
const skip = problem ? `no box can be made here: ${problem.message}` : false

const env = { PATH: process.env.PATH }

// Ends what passes signals on: the other shell that is a child of PID 1.
const killing = `
until [ "$killed" ]; do
  for each in /proc/[0-9]*; do
    read -r id name state parent rest 2>/dev/null <$each/stat || continue
    if [ "$parent" = 1 ] && [ $id != $$ ]; then kill -9 $id && killed=yes; fi
  done
done
echo ready
exec sleep 1000`

test('a box in which nothing passes signals on any more is ended by one', { skip }, async () => {
  const box = enterBox(['sh', '-c', killing], { env, stdio: 'pipe', patienceMs: 50 })
  await once(box.child.stdout!, 'data')
  box.kill('SIGTERM')
  assert.equal(await box.ended, 128 + 9)
})

test('a command that takes its time over a signal is left it', { skip }, async () => {
  const box = enterBox(
    ['sh', '-c', 'trap "sleep 0.3; exit 7" TERM; echo ready; while :; do sleep 0.01; done'],
    {
      ...{ env, stdio: 'pipe', patienceMs: 200 },
    },
  )
  await once(box.child.stdout!, 'data')
  box.kill('SIGTERM')
  assert.equal(await box.ended, 7)
})

test('the host name and the shared memory of a box are its own', { skip }, async () => {
  const box = enterBox(['sh', '-c', 'readlink /proc/self/ns/uts /proc/self/ns/ipc'], { env, stdio: 'pipe' })
  const [told] = await once(box.child.stdout!, 'data')

  for (const each of ['uts', 'ipc']) assert.ok(!String(told).includes(readlinkSync(`/proc/self/ns/${each}`)))
  assert.equal(await box.ended, 0)
})
