import { type ClientRequest, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { bareHost } from '../wire/addresses.ts'

/**
 * Sends a request on to a service in the box, every header and byte as it came, and its answer back. A path in the URL
 * of the service comes before the request's.
 */
export async function handOn(
  request: IncomingMessage,
  body: Uint8Array,
  response: ServerResponse,
  url: string,
): Promise<void> {
  const { hostname, port, pathname } = new URL(url)
  const { method, url: asked = '/', rawHeaders } = request
  const path = pathname.replace(/\/$/, '') + asked
  const options = { hostname: bareHost(hostname), port, method, path, setHost: false }
  const onward = send({ ...options, headers: rawHeaders as never })
  response.once('close', () => onward.destroy())
  try {
    const answered = answerTo(onward)
    onward.end(body)
    const answer = await answered
    response.writeHead(answer.statusCode ?? 502, undated(answer.rawHeaders))
    await pipeline(answer, response)
  } catch (error) {
    if (response.headersSent) response.destroy()
    else refuse(response, `the service at ${url} does not answer (${reasonOf(error)})`)
  }
}

/** Whatever comes of a request after its answer is none of this one's: there is always somebody who listens. */
function answerTo(onward: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    onward.on('response', resolve).on('error', reject)
    onward.on('upgrade', (_answer, socket) => {
      socket.destroy()
      reject(new Error('it wants another protocol'))
    })
  })
}

function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error as Error).message
}

/** Without what may have been put into the answer before it failed. */
function refuse(response: ServerResponse, why: string): void {
  for (const name of response.getHeaderNames()) if (name !== 'date') response.removeHeader(name)
  response.writeHead(502, { 'Content-Type': 'text/plain' }).end(`mayfly lab: ${why}\n`)
}

/** The service dates its answers by the machine's clock, and here the lab's is the one that counts. */
function undated(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, i) => rawHeaders[i - (i % 2)]?.toLowerCase() !== 'date')
}
