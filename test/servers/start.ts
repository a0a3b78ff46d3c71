import { spawn } from 'node:child_process'
import type { Environment } from '../../src/world.ts'

/** A server in a process of its own. */
export interface Started {
  /** What the first group of `ready` found, such as its address. */
  readonly found: string
  /** All that it has said on both streams. */
  said(): string
  close(): Promise<void>
}

export interface StartOptions {
  readonly command: readonly string[]
  readonly env: Environment
  /** What it says once it answers. */
  readonly ready: RegExp
}

/** Resolves once it says that it is ready; rejects with all that it said if it ends before that. */
export function start({ command, env, ready }: StartOptions): Promise<Started> {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    env: env as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const close = () => {
    child.kill()
    return ended
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    ended.then(() => reject(new Error(`${program} ended before it said ${ready}:\n${text}`)))
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part) => {
        text += part
        const found = ready.exec(text)
        if (found) resolve({ found: found[1] ?? '', said: () => text, close })
      })
  })
}
