import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fakeTime } from './faketime.ts'
import { python } from './python/index.ts'
import { venv } from './python/venv.ts'

const version = /\d+(\.\d+)+/.exec((await python.found()) ?? '')?.[0]
const skip = version === undefined && 'there is no python3 from 3.10 on with pip from 22.3 on'

const programs = {
  'Node.js': [
    process.execPath,
    '-e',
    `process.stdin.on('data', async () => {
      const began = performance.now()
      await new Promise((resolve) => setTimeout(resolve, 100))
      console.log(JSON.stringify({ now: Date.now(), waited: performance.now() - began }))
    })`,
  ],
  CPython: [
    'python3',
    '-c',
    `import json, sys, threading, time
for _ in sys.stdin:
    began = time.perf_counter()
    time.sleep(0.05)
    threading.Event().wait(0.05)
    print(json.dumps({"now": time.time() * 1000, "waited": (time.perf_counter() - began) * 1000}), flush=True)`,
  ],
}

test('the clock of a running program follows the file, and what it waits for does not', {
  skip,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-faketime-'))
  t.after(() => rm(folder, { recursive: true }))
  await venv(folder, 'libfaketime').make(version!)
  for (const [name, command] of Object.entries(programs)) {
    const time = fakeTime(folder, join(folder, 'time'))
    const [file = '', ...args] = command
    const child = spawn(file, args, {
      env: { ...process.env, ...time.env },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    for (const seconds of [0, 3600, 3 * 86_400, -3600]) {
      time.set(seconds)
      child.stdin.write('now\n')
      const { now, waited } = JSON.parse((await lines.next()).value as string)
      const offMs = now - seconds * 1000 - Date.now()
      assert.ok(Math.abs(offMs) < 5_000, `${name} at ${seconds} s is ${offMs} ms off`)
      assert.ok(waited >= 99 && waited < 5_000, `${name} at ${seconds} s waited ${waited} ms`)
    }
    child.stdin.end()
  }
})
