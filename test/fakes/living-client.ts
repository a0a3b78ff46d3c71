import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import type { Environment } from '../../src/world.ts'

/** What one real call of a living client came to. */
export interface Call {
  readonly ok: boolean
  /** What the service answered, or the SDK's error. */
  readonly text: string
}

/** A program with a real SDK that goes on living: each line it is sent is one call. */
export interface LivingClient {
  /** A program that has ended answers with what it said at its end. */
  call(): Promise<Call>
  close(): Promise<void>
}

export interface LivingOptions {
  readonly env: Environment
  readonly cwd?: string
  /** A call that takes longer has failed. Default: two minutes. */
  readonly patienceMs?: number
}

/** Starts a program of this checkout's Node.js that answers each line on standard input by one line of JSON. */
export function startClient(program: URL, env: Environment): LivingClient {
  return startLiving([process.execPath, program.pathname], { env })
}

/** Starts a program that answers each line on standard input by one line of JSON on standard output. */
export function startLiving(
  [program = '', ...args]: readonly string[],
  { env, cwd, patienceMs = 120_000 }: LivingOptions,
): LivingClient {
  const child = spawn(program, args, { env: env as NodeJS.ProcessEnv, cwd, stdio: 'pipe' })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (part) => (said += part))
  child.stdin.on('error', () => {})
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async (): Promise<Call> => {
    const { value, done } = await lines.next()
    if (!done) return JSON.parse(value)
    await closed
    return { ok: false, text: said.trim() || `the program ended with ${child.exitCode ?? child.signalCode}` }
  }
  const silence = async (signal: AbortSignal): Promise<Call> => {
    await setTimeout(patienceMs, undefined, { signal, ref: false })
    return { ok: false, text: `no answer for ${patienceMs / 1000} s` }
  }
  return {
    async call() {
      child.stdin.write('call\n')
      const waiting = new AbortController()
      try {
        return await Promise.race([answer(), silence(waiting.signal)])
      } finally {
        waiting.abort()
      }
    },
    close: () => ended(child),
  }
}

/** What does not end by itself when nobody asks any more is ended; what it leaves behind holds nothing here. */
const graceMs = 5_000

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    const timer = globalThis.setTimeout(() => child.kill('SIGKILL'), graceMs)
    child.once('exit', () => {
      clearTimeout(timer)
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy()
      resolve()
    })
    child.stdin?.end()
  })
}
