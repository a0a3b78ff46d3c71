import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Environment } from '../../src/world.ts'

/** How a program ended, and what it said. */
export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
  readonly ms: number
}

/** `bin/mayfly`, as a user types it. */
export const mayfly = fileURLToPath(new URL('../../bin/mayfly', import.meta.url))
export const checkout = fileURLToPath(new URL('../../', import.meta.url))

/** Runs a command to its end in exactly this environment. Killed when it takes longer than `timeoutMs`. */
export function run(
  command: readonly string[],
  env: Environment,
  { timeoutMs = 30_000, cwd = checkout } = {},
): Promise<Ran> {
  const [program = '', ...args] = command
  const began = performance.now()
  const child = spawn(program, args, {
    env: env as NodeJS.ProcessEnv,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ran = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => (ran.out += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (ran.err += text))
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, ...ran, ms: performance.now() - began })
    })
  })
}
