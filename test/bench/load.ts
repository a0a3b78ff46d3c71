import { connect, type Socket } from 'node:net'

export interface LoadSetting {
  readonly port: number
  /** Whole HTTP/1.1 requests, sent in turn and then from the start again. */
  readonly requests: readonly Buffer[]
  readonly connections: number
  readonly durationMs: number
}

/**
 * How many answers came over keep-alive connections, one request in flight on each.
 * Throws at the first answer that is not 200: a server that refuses quickly is not a fast one.
 */
export async function load(setting: LoadSetting): Promise<number> {
  const endsAt = performance.now() + setting.durationMs
  let sent = 0
  const next = () =>
    performance.now() < endsAt ? setting.requests[sent++ % setting.requests.length] : undefined
  const counts = await Promise.all(
    Array.from({ length: setting.connections }, () => drive(setting.port, next)),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

function drive(port: number, next: () => Buffer | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    let answers = 0
    let pending: Buffer = Buffer.alloc(0)
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => step(socket))
    const step = (to: Socket) => {
      const request = next()
      if (request) to.write(request)
      else to.end(() => resolve(answers))
    }
    socket.on('error', reject)
    socket.on('data', (chunk: Buffer) => {
      pending = pending.length ? Buffer.concat([pending, chunk]) : chunk
      const end = answerEnd(pending)
      if (end === undefined) return
      if (!pending.subarray(0, 12).toString('latin1').endsWith(' 200')) {
        socket.destroy()
        reject(new Error(`the server refused: ${pending.toString('latin1').slice(0, 400)}`))
        return
      }
      pending = pending.subarray(end)
      answers += 1
      step(socket)
    })
  })
}

/** Where the first whole answer ends; undefined while it is not whole. Every server here sends Content-Length. */
function answerEnd(bytes: Buffer): number | undefined {
  const head = bytes.indexOf('\r\n\r\n')
  if (head < 0) return undefined
  const length = /content-length: *(\d+)/i.exec(bytes.toString('latin1', 0, head))?.[1]
  if (length === undefined) throw new Error('an answer without Content-Length')
  const end = head + 4 + Number(length)
  return bytes.length >= end ? end : undefined
}

/** A POST of a form to `/`, as bytes. */
export function formPost(
  host: string,
  body: string,
  headers: readonly (readonly [string, string])[] = [],
): Buffer {
  const lines = [
    'POST / HTTP/1.1',
    `Host: ${host}`,
    'Content-Type: application/x-www-form-urlencoded; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`)
}
