import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Environment } from '../../src/world.ts'

/** What one real call of a living client came to. */
export interface Call {
  readonly ok: boolean
  /** What the service answered, or the SDK's error. */
  readonly text: string
}

/** A program with a real SDK that goes on living: each line it is sent is one call. */
export interface LivingClient {
  call(): Promise<Call>
  close(): Promise<void>
}

/** Starts a program that answers each line on standard input by one line of JSON on standard output. */
export function startClient(program: URL, env: Environment): LivingClient {
  const child = spawn(process.execPath, [program.pathname], {
    env: env as NodeJS.ProcessEnv,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async call() {
      child.stdin.write('call\n')
      const { value, done } = await lines.next()
      if (done) throw new Error('the client has ended')
      return JSON.parse(value) as Call
    },
    close: () => ended(child),
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve()
    child.once('close', () => resolve())
    child.stdin?.end()
  })
}
