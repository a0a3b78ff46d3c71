// What no token service can do without, on a bare node:http server: the floors that the bars are ratios to.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPublicKey,
  createSecretKey,
  hash,
  type KeyObject,
  randomBytes,
  verify,
} from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'

export interface FloorSetting {
  readonly kind: 'web-identity' | 'caller-identity'
  /** PEM of the key that signed the tokens. */
  readonly publicKey: string
}

// As key objects: with the bytes alone every call would make one, at four times the cost.
const sealingKey = createSecretKey(randomBytes(32))
// About what a session record takes.
const record = JSON.stringify({
  principal: `arn:aws:sts::123456789012:assumed-role/${'r'.repeat(80)}/session`,
  expires: 0,
  tags: {},
  epoch: 1,
})

function seal(text: string): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', sealingKey, nonce)
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString(
    'base64url',
  )
}

function unseal(sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', sealingKey, bytes.subarray(0, 12))
  decipher.setAuthTag(bytes.subarray(-16))
  return decipher.update(bytes.subarray(12, -16)).toString() + decipher.final('utf8')
}

const sealed = seal(record)

/** Parses the form, checks one RS256 signature, seals one record. */
function webIdentity(publicKey: string) {
  const key = createPublicKey(publicKey)
  return (body: string) => {
    const token = new URLSearchParams(body).get('WebIdentityToken') ?? ''
    const dot = token.lastIndexOf('.')
    const good = verify(
      'sha256',
      Buffer.from(token.slice(0, dot)),
      key,
      Buffer.from(token.slice(dot + 1), 'base64url'),
    )
    return good ? seal(record) : undefined
  }
}

const hmac = (key: KeyObject, text: string) => createHmac('sha256', key).update(text).digest()
const sha256 = (text: string) => hash('sha256', text)

function signingKey(scope: string): KeyObject {
  const secret = createSecretKey(Buffer.from('AWS4secret'))
  return scope.split('/').reduce((key, part) => createSecretKey(hmac(key, part)), secret)
}

/** Parses the form, opens one sealed record, computes one Signature Version 4 over the request's own headers. */
function callerIdentity() {
  const keys = new Map<string, KeyObject>()
  return (body: string, request: IncomingMessage) => {
    const action = new URLSearchParams(body).get('Action')
    const principal = unseal(sealed)
    const authorization = request.headers.authorization ?? ''
    const names = /SignedHeaders=([^,]*)/.exec(authorization)?.[1] ?? ''
    const scope = /Credential=[^/]*\/([^,]*)/.exec(authorization)?.[1] ?? ''
    const canonical = names
      .split(';')
      .map((name) => `${name}:${request.headers[name]}\n`)
      .join('')
    const text = `POST\n/\n\n${canonical}\n${names}\n${sha256(body)}`
    const key = keys.get(scope) ?? signingKey(scope)
    keys.set(scope, key)
    hmac(key, `AWS4-HMAC-SHA256\n${request.headers['x-amz-date']}\n${scope}\n${sha256(text)}`).toString('hex')
    return action && principal
  }
}

/** Serves a floor on a free port of loopback. */
export function serveFloor(setting: FloorSetting): Promise<number> {
  const work = setting.kind === 'web-identity' ? webIdentity(setting.publicKey) : callerIdentity()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const answer = work(Buffer.concat(chunks).toString(), request)
      const body = answer ?? 'refused'
      response.writeHead(answer ? 200 : 403, {
        'content-type': 'text/xml',
        'content-length': Buffer.byteLength(body),
      })
      response.end(body)
    })
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
}
