// npm run bench [-- NAME …] [--json]: the bars of docs/architecture.md, each a ratio to a floor measured in the same run.
import { fork } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { issueToken } from '../../src/issuer/issuer.ts'
import { keysFromFile } from '../../src/keys/key-ring.ts'
import { entriesOf } from '../../src/registry/entries.ts'
import { postgresStore } from '../../src/registry/postgres-store.ts'
import { Secret } from '../../src/secret.ts'
import { readXmlText } from '../../src/wire/aws-query.ts'
import { signHeaders } from '../../src/wire/sigv4.ts'
import { startPostgres } from '../fakes/postgres.ts'
import { type Bar, compare } from './compare.ts'
import { formPost, load } from './load.ts'
import type { ServerSetting } from './server.ts'
import { audience, issuerUrl, roleArn, trustOf } from './trust.ts'

const rounds = 7
const durationMs = 1_500
const connections = 32
/** Distinct, so that nothing can be remembered between requests. */
const distinct = 2_000

const directory = mkdtempSync(join(tmpdir(), 'mayfly-bench-'))
const keyFile = join(directory, 'keys', 'keys.json')
const small = trustOf(10, 10)
const keys = keysFromFile(keyFile, small.issuers)
const host = 'sts.us-east-1.amazonaws.com'
const progress = (line: string) => process.stderr.write(`${line}\n`)

const servers: ReturnType<typeof fork>[] = []

interface Server {
  readonly port: number
  /** The processor time that it has used, in seconds. */
  cpuSeconds(): Promise<number>
}

/** Starts a server in a process of its own. */
async function start(setting: ServerSetting): Promise<Server> {
  const child = fork(new URL('./server.ts', import.meta.url), [JSON.stringify(setting)])
  servers.push(child)
  const told = () =>
    new Promise<number>((resolve, reject) => {
      const ended = (code: number | null) => reject(new Error(`a server ended with ${code}`))
      child.once('exit', ended)
      child.once('message', (value) => {
        child.off('exit', ended)
        resolve(value as number)
      })
    })
  return {
    port: await told(),
    cpuSeconds() {
      const answer = told()
      child.send('cpu')
      return answer
    },
  }
}

const floor = (kind: 'web-identity' | 'caller-identity') => {
  const jwk = keys.jwks(issuerUrl)![0]!
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString()
  return start({ serve: 'floor', floor: { kind, publicKey } })
}

const sts = (roles: number, providers: number) =>
  start({ serve: 'sts', roles, providers, keyFile, auditFile: join(directory, `audit-${roles}.jsonl`) })

const node = (name: string, store: string) =>
  start({ serve: 'node', store, keyFile, auditFile: join(directory, `audit-${name}.jsonl`) })

function assumeRole(index: number): Buffer {
  const inputs = { project: `acme/shop-${index}`, ref: 'main' }
  const { token } = issueToken({
    issuer: small.issuers[0]!,
    keys,
    nowMs: Date.now(),
    inputs,
    audience: [audience],
  })
  const form = {
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: roleArn(index),
    RoleSessionName: 'bench',
  }
  return formPost(host, new URLSearchParams({ ...form, WebIdentityToken: token.reveal() }).toString())
}

/** Assumes the last of so many roles, which is as hard to find as any. */
const assumeRoles = (roles: number) => Array.from({ length: distinct }, () => assumeRole(roles - 1))

async function callerIdentities({ port }: Server): Promise<Buffer[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: assumeRole(9).toString().split('\r\n\r\n')[1]!,
  })
  const xml = await answer.text()
  const text = (tag: string) => readXmlText(xml, tag) ?? ''
  const credentials = {
    accessKeyId: text('AccessKeyId'),
    secretAccessKey: new Secret(text('SecretAccessKey')),
    sessionToken: new Secret(text('SessionToken')),
  }
  const body = 'Action=GetCallerIdentity&Version=2011-06-15'
  const headers: [string, string][] = [
    ['Host', host],
    ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'],
  ]
  const request = { method: 'POST', path: '/', query: '', headers, body }
  return Array.from({ length: distinct }, (_, i) => {
    const nowMs = Date.now() - (i % 600) * 1000
    return formPost(
      host,
      body,
      signHeaders(request, { credentials, region: 'us-east-1', service: 'sts', nowMs }),
    )
  })
}

/**
 * Answers per second of the server's processor time: what one core gives when it does nothing else. Unlike answers per
 * second of the wall clock it does not depend on what else this machine is doing.
 */
const rate = (server: Server, requests: readonly Buffer[]) => rateOfAll([server], requests)

/** The same of several servers at once. */
const rateOfAll = (servers: readonly Server[], requests: readonly Buffer[]) => async () => {
  const used = async () => sum(await Promise.all(servers.map((each) => each.cpuSeconds())))
  const before = await used()
  const answers = await Promise.all(
    servers.map(({ port }) => load({ port, requests, connections, durationMs })),
  )
  return sum(answers) / ((await used()) - before)
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)

const bars: Record<string, () => Promise<Bar>> = {
  async 'web-identity'() {
    const requests = assumeRoles(10)
    const [ours, below] = await Promise.all([sts(10, 10), floor('web-identity')])
    return compare({
      name: 'web-identity',
      bar: 0.8,
      product: rate(ours, requests),
      floor: rate(below, requests),
      rounds,
      progress,
    })
  },
  async 'caller-identity'() {
    const [ours, below] = await Promise.all([sts(10, 10), floor('caller-identity')])
    const requests = await callerIdentities(ours)
    return compare({
      name: 'caller-identity',
      bar: 0.8,
      product: rate(ours, requests),
      floor: rate(below, requests),
      rounds,
      progress,
    })
  },
  async registry() {
    const [large, few] = await Promise.all([sts(100_000, 10_000), sts(10, 10)])
    const product = rate(large, assumeRoles(100_000))
    return compare({
      name: 'registry',
      bar: 0.95,
      product,
      floor: rate(few, assumeRoles(10)),
      rounds,
      progress,
    })
  },
  async 'scale-out'() {
    const postgres = await startPostgres()
    try {
      await fill(postgres.url)
      const [one, left, right] = await Promise.all(
        ['one', 'left', 'right'].map((name) => node(name, postgres.url)),
      )
      const requests = assumeRoles(10)
      return await compare({
        name: 'scale-out',
        bar: 0.9,
        product: rateOfAll([left!, right!], requests),
        floor: rate(one!, requests),
        rounds,
        progress,
      })
    } finally {
      await Promise.all(stopAll())
      await postgres.close()
    }
  },
}

async function fill(url: string): Promise<void> {
  const store = await postgresStore({ url, log: progress })
  await store.commit([...entriesOf(small)].map(([key, document]) => ({ key, document })))
  await store.close()
}

/** Ends the servers. */
function stopAll(): Promise<void>[] {
  return servers.splice(0).map((server) => {
    server.removeAllListeners('exit')
    const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
    server.disconnect()
    return ended
  })
}

const wanted = process.argv.slice(2).filter((each) => !each.startsWith('-'))
const unknown = wanted.filter((each) => !(each in bars))
if (unknown.length) {
  progress(`error: no such row: ${unknown.join(', ')} (there are ${Object.keys(bars).join(', ')})`)
  process.exit(2)
}

try {
  const results: Bar[] = []
  for (const [name, measure] of Object.entries(bars)) {
    if (wanted.length === 0 || wanted.includes(name)) results.push(await measure())
    await Promise.all(stopAll())
  }
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ bars: results })}\n`)
  else
    for (const { name, value, bar, holds } of results)
      process.stdout.write(
        `${name.padEnd(18)}${value.toFixed(2)}  bar ${bar.toFixed(2)}  ${holds ? 'holds' : 'MISSED'}\n`,
      )
  process.exitCode = results.every((each) => each.holds) ? 0 : 1
} finally {
  rmSync(directory, { recursive: true })
}
