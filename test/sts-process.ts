import { type ChildProcess, spawn } from 'node:child_process'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

export interface Started {
  readonly child: ChildProcess
  /** All that it has said on both streams. */
  readonly said: () => string
  /** Resolves once it has said that. */
  until(words: RegExp): Promise<void>
}

/** `mayfly sts`, in a folder. */
export function startSts(t: TestContext, cwd: string, args: readonly string[]): Started {
  const child = spawn(process.execPath, [main, 'sts', ...args], {
    cwd,
    env: { PATH: process.env.PATH, NO_COLOR: '1' },
  })
  t.after(() => child.kill('SIGKILL'))
  let text = ''
  const waiting: { words: RegExp; done: () => void; fail: (error: Error) => void }[] = []
  const check = () => {
    for (const each of waiting) if (each.words.test(text)) each.done()
  }
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
      check()
    })
  child.on('exit', () => {
    for (const each of waiting) each.fail(new Error(`it ended before it said ${each.words}:\n${text}`))
  })
  const until = (words: RegExp) =>
    new Promise<void>((done, fail) => {
      waiting.push({ words, done, fail })
      check()
    })
  return { child, said: () => text, until }
}

/** The address that it has printed. */
export const urlIn = (text: string) => /^http:\/\/127\.0\.0\.1:\d+$/m.exec(text)![0]
