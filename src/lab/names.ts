import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { type Answer, decode, encode, type Packet, type Question, RECURSION_AVAILABLE } from 'dns-packet'
import { bareHost } from '../wire/addresses.ts'

/** The address that a host name has in the box; undefined when there is no such name. */
export type Lookup = (name: string) => string | undefined

export interface NameServer {
  close(): Promise<void>
}

const noSuchName = 3
// Names do not move while the box is there; some resolvers take 0 for a mistake.
const ttlSeconds = 60

/**
 * Answers DNS queries by UDP (RFC 1035), so that the clouds' names lead into the box and every other fails at once.
 * @param port 53, where `/etc/resolv.conf` leads; another for a test
 */
export async function serveNames(lookup: Lookup, port = 53): Promise<NameServer & { readonly port: number }> {
  const socket = createSocket('udp4')
  socket.on('message', (message, peer) => {
    const answer = answerTo(message, lookup)
    if (answer) send(socket, answer, peer)
  })
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  return {
    port: socket.address().port,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

function send(socket: ReturnType<typeof createSocket>, answer: Uint8Array, { port, address }: RemoteInfo) {
  // Whoever asked may have gone.
  socket.send(answer, port, address, () => {})
}

/** The answer to a query; undefined for what is none. */
export function answerTo(message: Uint8Array, lookup: Lookup): Uint8Array | undefined {
  try {
    return answer(decode(Buffer.from(message)), lookup)
  } catch {
    return undefined
  }
}

function answer({ type, id = 0, flags = 0, questions: [question] = [] }: Packet, lookup: Lookup) {
  if (type !== 'query' || !question) return undefined
  const address = lookup(bareHost(question.name))
  return encode({
    type: 'response',
    id,
    flags: RECURSION_AVAILABLE | (flags & recursionDesired) | (address ? 0 : noSuchName),
    questions: [question],
    answers: address ? answersFor(question, address) : [],
  })
}

const recursionDesired = 0x0100

// A name that there is has no other records: an empty answer to AAAA, so that a client goes on with A.
function answersFor({ name, type }: Question, data: string): Answer[] {
  return type === 'A' ? [{ name, type, ttl: ttlSeconds, data }] : []
}
