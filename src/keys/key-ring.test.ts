import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, createPublicKey, sign, verify } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { defaultKeyFile } from './key-file.ts'
import { ephemeralKeys, keysFromFile } from './key-ring.ts'
import { generateIssuerKey, privatePem } from './signing.ts'

const gitlab = { url: 'https://gitlab.com', algorithm: 'RS256' } as const
const cluster = { url: 'https://kubernetes.example', algorithm: 'ES256' } as const
const nowMs = Date.parse('2026-11-22T00:00:00Z')

function keyFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-keys-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'keys', 'keys.json')
}

test('an issuer signs with the key that it publishes', () => {
  const keys = ephemeralKeys([gitlab, cluster])
  for (const { url, algorithm } of [gitlab, cluster]) {
    const { key, kid } = keys.signing(url)
    const [jwk] = keys.jwks(url)!
    const publicKey = createPublicKey({ key: jwk as never, format: 'jwk' })
    assert.equal(verify('sha256', Buffer.from('x'), publicKey, sign('sha256', Buffer.from('x'), key)), true)
    assert.deepEqual({ kid: jwk!.kid, alg: jwk!.alg, use: jwk!.use }, { kid, alg: algorithm, use: 'sig' })
  }
})

test('a published key holds nothing private', () => {
  const keys = ephemeralKeys([gitlab, cluster])
  assert.deepEqual(Object.keys(keys.jwks(gitlab.url)![0]!), ['use', 'kty', 'kid', 'alg', 'n', 'e'])
  assert.deepEqual(Object.keys(keys.jwks(cluster.url)![0]!), ['use', 'kty', 'kid', 'alg', 'x', 'y', 'crv'])
})

test('a key ID is the SHA-256 of the public key, as in Kubernetes', () => {
  const { key, kid } = ephemeralKeys([cluster]).signing(cluster.url)
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' })
  assert.equal(kid, createHash('sha256').update(der).digest('base64url'))
})

test("somebody else's issuer has no keys here", () => {
  const keys = ephemeralKeys([cluster])
  assert.equal(keys.jwks('https://kubernetes.example/'), undefined)
  assert.throws(() => keys.signing('https://kubernetes.example/'), { code: 'KEY_FILE' })
})

test('an issuer that is registered later gets its key then', () => {
  const registered = new Map<string, typeof cluster>()
  const keys = ephemeralKeys((url) => registered.get(url))
  assert.equal(keys.jwks(cluster.url), undefined)
  registered.set(cluster.url, cluster)
  assert.equal(keys.jwks(cluster.url)!.length, 1)
})

test('keys on disk are private files, and an issuer has one when it first needs it', (t) => {
  const path = keyFile(t)
  const keys = keysFromFile(path, [gitlab, cluster])
  assert.deepEqual(readdirSync(join(path, '..')), ['keys.json'])
  keys.signing(cluster.url)
  const files = readdirSync(join(path, '..'))
  assert.equal(files.length, 2)
  for (const each of files) assert.equal(statSync(join(path, '..', each)).mode & 0o777, 0o600)
})

test('two that share a file seal and sign for one another', (t) => {
  const path = keyFile(t)
  const sts = keysFromFile(path, [cluster])
  const issue = keysFromFile(path, [cluster])
  assert.equal(issue.sealing.unseal('p', sts.sealing.seal('p', 'record')), 'record')
  assert.equal(issue.signing(cluster.url).kid, sts.jwks(cluster.url)![0]!.kid)
})

test('processes that start together end up with the same keys', async (t) => {
  const path = keyFile(t)
  const program = `
    import { keysFromFile } from ${JSON.stringify(new URL('./key-ring.ts', import.meta.url).href)}
    const keys = keysFromFile(${JSON.stringify(path)}, ${JSON.stringify([cluster])})
    process.stdout.write(keys.signing('${cluster.url}').kid + ' ' + keys.sealing.deriveSecrets('p', '')[0])`
  const start = () => promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', program])
  const runs = await Promise.all([start(), start(), start(), start()])
  assert.equal(new Set(runs.map((each) => each.stdout)).size, 1)
  assert.equal(readdirSync(join(path, '..')).length, 2)
})

test('processes that rotate one file at the same time leave one successor and no drafts', async (t) => {
  const path = keyFile(t)
  keysFromFile(path, [cluster], () => nowMs).signing(cluster.url)
  const week = 7 * 86_400_000
  const program = `
    import { keysFromFile } from ${JSON.stringify(new URL('./key-ring.ts', import.meta.url).href)}
    const keys = keysFromFile(${JSON.stringify(path)}, ${JSON.stringify([cluster])}, () => ${nowMs + week}, ${week})
    process.stdout.write(String(keys.jwks('${cluster.url}').length))`
  const start = () => promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', program])
  const runs = await Promise.all([start(), start(), start(), start()])
  assert.deepEqual(new Set(runs.map((each) => each.stdout)), new Set(['2']))
  assert.equal(readdirSync(join(path, '..')).length, 2)
  const later = keysFromFile(path, [cluster], () => nowMs + week)
  assert.equal(later.jwks(cluster.url)!.length, 2)
  assert.equal(later.sealing.deriveSecrets('p', '').length, 2)
})

test('the same issuer with another algorithm has other keys', (t) => {
  const path = keyFile(t)
  const es = keysFromFile(path, [cluster]).signing(cluster.url)
  const rs = keysFromFile(path, [{ ...cluster, algorithm: 'RS256' }]).signing(cluster.url)
  assert.notEqual(es.kid, rs.kid)
  assert.equal(rs.key.asymmetricKeyType, 'rsa')
})

test('an old key is published until its last token has expired, and never signs', (t) => {
  const path = keyFile(t)
  keysFromFile(path, [cluster]).signing(cluster.url)
  const file = join(path, '..', readdirSync(join(path, '..')).find((each) => each !== 'keys.json')!)
  const found = JSON.parse(readFileSync(file, 'utf8'))
  const old = generateIssuerKey('ES256')
  const createdAt = '2026-11-01T00:00:00.000Z'
  found.keys.unshift({ privateKey: privatePem(old), createdAt, notAfter: '2026-11-22T01:00:00.000Z' })
  writeFileSync(file, JSON.stringify(found))
  const at = (ms: number) => keysFromFile(path, [cluster], () => ms)
  assert.deepEqual(
    at(nowMs)
      .jwks(cluster.url)!
      .map((each) => each.kid),
    [old.kid, at(nowMs).signing(cluster.url).kid],
  )
  assert.notEqual(at(nowMs).signing(cluster.url).kid, old.kid)
  assert.equal(at(nowMs + 3_600_000).jwks(cluster.url)!.length, 1)
})

test('a key file that is not one is KEY_FILE, and nothing of it is told', (t) => {
  const path = keyFile(t)
  keysFromFile(path, [])
  const secret = JSON.parse(readFileSync(path, 'utf8')).masters[0].key
  const bad = [
    `{"version":1,"masters":["${secret}`,
    JSON.stringify({ version: 2, masters: [{ key: secret, createdAt: '2026-11-22T00:00:00.000Z' }] }),
    JSON.stringify({ version: 1, masters: [{ key: secret, createdAt: secret }] }),
    JSON.stringify({
      version: 1,
      masters: [{ key: secret.slice(2), createdAt: '2026-11-22T00:00:00.000Z' }],
    }),
    JSON.stringify({ version: 1, masters: [] }),
    '',
  ]
  for (const text of bad) {
    writeFileSync(path, text)
    assert.throws(
      () => keysFromFile(path, []),
      (error: Error & { code: string }) => {
        assert.equal(error.code, 'KEY_FILE', text)
        assert.doesNotMatch(`${error.stack} ${error.cause}`, new RegExp(secret.slice(2, 12)))
        return true
      },
    )
  }
})

test('keys stand beside the trust file unless told', () => {
  assert.equal(defaultKeyFile('/etc/mayfly/trust.yaml'), '/etc/mayfly/.mayfly/keys.json')
})
