import { readFileSync } from 'node:fs'
import type { Revealed } from '../deliveries/revealed.ts'
import { type ErrorCode, MayflyError, remedies } from '../errors.ts'
import type { Obtain } from './get.ts'

// Not by `import`, which evaluates every export of the module and with them the whole of fetch: 60 ms against 20.
const http = process.getBuiltinModule('node:http')

// The Mayfly around answers from memory; its own longest wait, for a variant it has yet to obtain, is a few exchanges.
const timeoutMs = 20_000

/**
 * Asks the Mayfly that started the program around this one. Little is imported here, since SDKs run this at every start.
 * @throws DELIVERY_AGENT when it is gone, and the codes it answers with
 */
export const obtain: Obtain = async ({ name, variant }, { env }) => {
  const query = new URLSearchParams({
    ...(variant.scopes && { scopes: variant.scopes.join(',') }),
    ...(variant.audience && { audience: variant.audience }),
  })
  const url = `${env.MAYFLY_AGENT}/credentials/${encodeURIComponent(name)}?${query}`
  const { status, body } = await ask(url, bearer(env.MAYFLY_AGENT_TOKEN_FILE))
  const parsed = parse(body)
  if (status === 200) return parsed as unknown as Revealed
  throw refused(parsed, status)
}

function bearer(file: string | undefined): string {
  try {
    return readFileSync(file ?? '', 'utf8')
  } catch (cause) {
    throw gone('its token file (MAYFLY_AGENT_TOKEN_FILE) cannot be read', cause)
  }
}

function ask(url: string, token: string): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>()
  const sent = http.request(
    url,
    { headers: { authorization: `Bearer ${token}` }, timeout: timeoutMs },
    (answer) => {
      let body = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => (body += part))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
      answer.on('error', reject)
    },
  )
  sent.on('timeout', () => sent.destroy(new Error(`no answer for ${timeoutMs / 1000} s`)))
  sent.on('error', reject)
  sent.end()
  return promise.catch((cause: Error) => {
    throw gone(cause.message, cause)
  })
}

function gone(why: string, cause: unknown): MayflyError {
  return new MayflyError('DELIVERY_AGENT', {
    message: `the Mayfly at MAYFLY_AGENT cannot be asked: ${why}`,
    cause,
  })
}

function parse(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body)
  } catch {
    return {}
  }
}

function refused({ code, message, hint }: Record<string, unknown>, status: number): MayflyError {
  const known = typeof code === 'string' && Object.hasOwn(remedies, code)
  return new MayflyError(known ? (code as ErrorCode) : 'DELIVERY_AGENT', {
    message: typeof message === 'string' ? message : `the Mayfly at MAYFLY_AGENT answered ${status}`,
    ...(typeof hint === 'string' && { hint }),
  })
}
