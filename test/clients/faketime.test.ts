import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { run } from '../fakes/run.ts'
import { fakeTime, makeLibrary } from './faketime.ts'
import { python } from './python/index.ts'
import { venv } from './python/venv.ts'

const version = /\d+(\.\d+)+/.exec((await python.found()) ?? '')?.[0]
const compiler = spawnSync('cc', ['--version']).status === 0
const skip =
  (version === undefined && 'there is no python3 from 3.10 on with pip from 22.3 on') ||
  (!compiler && 'there is no C compiler')

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

async function prepared(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-faketime-'))
  t.after(() => rm(folder, { recursive: true }))
  await venv(folder, 'libfaketime').make(version!)
  await makeLibrary(folder)
  return folder
}

test('the clock of a running program follows the file, and what it waits for does not', {
  skip,
}, async (t) => {
  const folder = await prepared(t)
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

// Each of four threads looks at the clock, and how often it is an hour and more from where it was.
const threads = `
const { Worker, isMainThread, parentPort } = require('node:worker_threads')
if (isMainThread) for (let i = 0; i < 4; i++) new Worker(process.argv[1]).on('message', (n) => console.log(n))
else {
  const off = Date.now() - performance.now()
  let strayed = 0
  for (let i = 0; i < 50_000; i++) if (Math.abs(Date.now() - performance.now() - off) > 3_600_000) strayed++
  parentPort.postMessage(strayed)
}`

test('no thread is told the machine’s time while others look at the clock', { skip }, async (t) => {
  const folder = await prepared(t)
  const time = fakeTime(folder, join(folder, 'time'))
  time.set(3 * 86_400)
  const program = join(folder, 'threads.cjs')
  await writeFile(program, threads)
  const ran = await run([process.execPath, program], { ...process.env, ...time.env })
  assert.equal(ran.out, '0\n0\n0\n0\n', ran.err)
})
