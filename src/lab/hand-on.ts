import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, request as send } from 'node:http'
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
  onward.end(body)
  try {
    const [answer] = (await once(onward, 'response')) as [IncomingMessage]
    response.writeHead(answer.statusCode ?? 502, undated(answer.rawHeaders))
    answer.pipe(response)
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    const text = `mayfly lab: the service at ${url} does not answer (${why})\n`
    response.writeHead(502, { 'Content-Type': 'text/plain' }).end(text)
  }
}

/** The service dates its answers by the machine's clock, and here the lab's is the one that counts. */
function undated(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, i) => rawHeaders[i - (i % 2)]?.toLowerCase() !== 'date')
}
