import { MayflyError } from '../errors.ts'
import { isLoopbackHost } from '../wire/addresses.ts'
import type { Http, HttpResponse } from '../wire/http.ts'
import { oneLine } from '../wire/printable.ts'

export interface Question {
  /** Whom is asked, for messages: `the ECS credentials endpoint`. */
  readonly who: string
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

// A credential or a JWT is a few kilobytes.
const mostBytes = 64 * 1024

/**
 * Asks the platform's own endpoint for a JSON object. No path of the URL appears in a message: on ECS it is as good as a password.
 * @throws SOURCE_FAILED with the platform's words, or with how long was waited; transient for outages
 */
export async function askPlatform(http: Http, question: Question): Promise<Record<string, unknown>> {
  const response = await get(http, question)
  const { who, url } = question
  if (response.status !== 200)
    throw new MayflyError('SOURCE_FAILED', {
      message: `${who} at ${url.origin} answered ${response.status}${wordsOf(response.body)}`,
      values: { status: response.status },
      transient: response.status >= 500 || response.status === 429,
    })
  const answer = parse(response.body)
  if (!answer)
    throw new MayflyError('SOURCE_FAILED', { message: `${who} at ${url.origin} answered no JSON object` })
  return answer
}

async function get(http: Http, { who, url, headers = {}, ...rest }: Question): Promise<HttpResponse> {
  try {
    return await http({ method: 'GET', url: url.href, headers, maxBytes: mostBytes, ...rest })
  } catch (cause) {
    if (rest.signal.aborted || !(cause instanceof MayflyError)) throw cause
    const { message, transient } = cause
    throw new MayflyError('SOURCE_FAILED', { message: `${who} gave no answer: ${message}`, cause, transient })
  }
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** What a refusal said, on one line and cut short. */
function wordsOf(body: string): string {
  const said = parse(body)
  const words = [said?.message, said?.Message, said ? '' : body].find((each) => typeof each === 'string')
  const line = oneLine(words ?? '', 200)
  return line && `: ${line}`
}

// The link-local addresses of ECS and of EKS Pod Identity, which the AWS SDKs accept over plain HTTP besides loopback.
const linkLocalHosts = ['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]']

/**
 * An endpoint that a variable names, if a secret may be sent there: HTTPS anywhere, plain HTTP to loopback and to the platform's
 * link-local addresses.
 * @throws SOURCE_FAILED naming the variable
 */
export function platformUrl(variable: string, text: string): URL {
  const url = URL.parse(text)
  if (!url) throw new MayflyError('SOURCE_FAILED', { message: `${variable} is not a URL` })
  if (url.protocol === 'https:') return url
  if (url.protocol === 'http:' && (isLoopbackHost(url.hostname) || linkLocalHosts.includes(url.hostname)))
    return url
  throw new MayflyError('SOURCE_FAILED', {
    message: `${variable} names ${url.protocol}//${url.host}, and a credential may cross only HTTPS, loopback or ${linkLocalHosts.join(', ')}`,
    values: { variable, host: url.host },
    hint: 'Something has altered the variable that the platform sets: unset it, or restore its value.',
  })
}
