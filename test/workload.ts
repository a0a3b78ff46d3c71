import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { outboundHttp } from '../src/wire/http.ts'
import type { Environment, World } from '../src/world.ts'
import { testClock } from './clock.ts'

/** A world with nothing in it but these variables; `lines` has what was logged. */
export function testWorld(env: Environment = {}, more: Partial<World> = {}): World & { lines: string[] } {
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  return { env, clock: testClock(), http: outboundHttp({ env: {} }), log, lines, ...more }
}

/** A token of this shape that nobody signed: for what only reads claims. Lives for an hour from the test clock's start. */
export function unsignedJwt(claims: Readonly<Record<string, unknown>>): string {
  const exp = Date.parse('2026-11-22T01:00:00Z') / 1000
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ exp, ...claims })}.${'A'.repeat(342)}`
}

/** A folder with these files, gone when the test ends. */
export function folderOf(test: TestContext, files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-test-'))
  test.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

export interface Answer {
  readonly status?: number
  readonly body?: unknown
}

/** A server on loopback that ends with the test. No answer: it never gives one. */
export async function serve(
  test: TestContext,
  answer: (request: IncomingMessage) => Answer | undefined,
): Promise<{ url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    const given = answer(request)
    if (!given) return
    const { status = 200, body = {} } = given
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

/** For `assert.rejects` and `assert.throws`: the code, and words that the message or the hint must have. */
export function failure(code: string, ...words: string[]) {
  return (error: { code?: string; message: string; hint?: string }) => {
    const said = `${error.message}\n${error.hint}`
    const lacking = words.filter((word) => !said.includes(word))
    if (error.code === code && !lacking.length) return true
    throw new Error(
      `expected ${code} with ${lacking.join(', ') || 'those words'}, got ${error.code}: ${said}`,
    )
  }
}
