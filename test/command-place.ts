import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { dispatch } from '../src/cli/dispatch.ts'

/** What runs `mayfly` in a folder, within this process. */
export function commandsIn(cwd: string) {
  return async (...args: readonly string[]) => {
    const said = { out: '', err: '' }
    const saying = (where: keyof typeof said) => (text: string) => {
      said[where] += text
    }
    const code = await dispatch(args, { env: {}, cwd, out: saying('out'), err: saying('err'), fancy: false })
    return { code, ...said, json: () => JSON.parse(said.out) }
  }
}

/** The same in a folder of its own with these files: objects become JSON, over several lines. */
export function commandPlace(t: TestContext, files: Readonly<Record<string, unknown>> = {}) {
  const cwd = mkdtempSync(join(tmpdir(), 'mayfly-command-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(cwd, name), typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  return { cwd, run: commandsIn(cwd) }
}
