// Stands between `mayfly run` and a client, in a process of its own: notes what the client asks the deliveries, moves
// the client's clock (and not Mayfly's) where it is told to, and starts a command line anew for every line it reads.
import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  options: {
    notes: { type: 'string' },
    anew: { type: 'boolean', default: false },
    set: { type: 'string', multiple: true },
  },
  allowPositionals: true,
})
const [program = '', ...args] = positionals
const env = await childEnvironment()
// Commands are written as from the checkout.
const cwd = fileURLToPath(new URL('../../', import.meta.url))

if (values.anew) for await (const _ of createInterface({ input: process.stdin })) console.log(await once())
else process.exitCode = await forGood()
process.exit()

/** What Mayfly set, with every delivery behind a relay that notes what is asked of it. */
async function childEnvironment(): Promise<NodeJS.ProcessEnv> {
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI: container, GCE_METADATA_HOST: metadata } = process.env
  const set = Object.fromEntries((values.set ?? []).map((each) => each.split(/=(.*)/s, 2)))
  return {
    ...process.env,
    ...(container && { AWS_CONTAINER_CREDENTIALS_FULL_URI: await relayTo(container, 'container') }),
    ...(metadata && gce(await relayTo(`http://${metadata}`, 'metadata'))),
    ...set,
  }
}

function gce(url: string) {
  const { host } = new URL(url)
  return { GCE_METADATA_HOST: host, GCE_METADATA_IP: host, GCE_METADATA_ROOT: host }
}

/** Every character of a request goes on as it came, but for the address. */
async function relayTo(url: string, what: string): Promise<string> {
  const { hostname, port, pathname, search } = new URL(url)
  const server = createServer((asked, response) => {
    const headers = asked.rawHeaders.map((each, i) =>
      i % 2 && /^host$/i.test(asked.rawHeaders[i - 1]!) ? `${hostname}:${port}` : each,
    )
    const onwards = send({ hostname, port, method: asked.method, path: asked.url, headers }, (answer) => {
      note(what, asked, pathname, answer.statusCode!)
      response.writeHead(answer.statusCode!, answer.rawHeaders)
      answer.pipe(response)
    })
    onwards.on('error', () => response.destroy())
    asked.pipe(onwards)
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const path = pathname === '/' ? '' : pathname
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}${search}`
}

/** In the form of the lab's own traces. */
function note(host: string, { method, url, rawHeaders }: IncomingMessage, path: string, status: number) {
  if (!values.notes) return
  const headers = rawHeaders.flatMap((name, i) => (i % 2 ? [] : [[name, rawHeaders[i + 1]]]))
  const target = path.length > 1 ? url!.replace(path, '/…') : url
  appendFileSync(values.notes, `${JSON.stringify({ host, method, target, headers, status })}\n`)
}

/** One run of a command line, told as a living client tells of its calls. */
function once(): Promise<string> {
  const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part) => (text += part))
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(JSON.stringify({ ok: false, text: error.message })))
    child.on('close', (code) => resolve(JSON.stringify({ ok: code === 0, text: text.trim() })))
  })
}

function forGood(): Promise<number> {
  const child = spawn(program, args, { env, cwd, stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}
