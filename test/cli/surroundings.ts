import { spawn } from 'node:child_process'
import { readdirSync, watch } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Hono } from 'hono'
import type { Environment } from '../../src/world.ts'
import { mayfly } from '../fakes/run.ts'
import { type Bindings, serveApp } from '../fakes/serve.ts'

export const secretAccessKey = 'secret-access-key-of-the-test'
export const sessionToken = 'session-token-of-the-test'
/** Unsigned: the token service below looks at no signature. */
export const proof = [{ alg: 'RS256', kid: 'k' }, claims(), 'signature-of-the-proof']
  .map((each) => (typeof each === 'string' ? Buffer.from(each) : Buffer.from(JSON.stringify(each))))
  .map((each) => each.toString('base64url'))
  .join('.')

function claims() {
  const now = Math.floor(Date.now() / 1000)
  return { iss: 'https://issuer.test', sub: 'a', aud: 'sts.amazonaws.com', iat: now, exp: now + 3600 }
}

/** An empty home, and the variables that every program has. */
export async function emptyHome(t: TestContext): Promise<Environment & { HOME: string }> {
  const home = await mkdtemp(join(tmpdir(), 'mayfly-cli-'))
  t.after(() => rm(home, { recursive: true }))
  // Temporary folders go here too, so that a test sees what is left of them.
  return { PATH: process.env.PATH, HOME: home, TMPDIR: home, LANG: 'C.UTF-8' }
}

/** Resolves when there is nothing in a folder any more. */
export function emptied(folder: string): Promise<void> {
  const watcher = watch(folder, { signal: AbortSignal.timeout(10_000) })
  return new Promise((resolve) => {
    const look = () => {
      if (readdirSync(folder).length > 0) return
      watcher.close()
      resolve()
    }
    watcher.on('change', look)
    look()
  })
}

/** A job that has a token file and a role, and a token service that takes the one for the other. */
export async function awsJob(t: TestContext, { refuses = false } = {}) {
  let exchanges = 0
  const app = new Hono<Bindings>()
  app.post('/', (c) => {
    exchanges++
    return refuses ? c.body(refusal, 403) : c.body(granted())
  })
  const sts = await serveApp(app)
  t.after(() => sts.close())
  const home = await emptyHome(t)
  const file = join(home.HOME, 'token')
  await writeFile(file, proof, { mode: 0o600 })
  const env = {
    ...home,
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/deploy',
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_REGION: 'eu-west-1',
  }
  return { env, exchanges: () => exchanges, leftovers: () => leftovers(home.HOME) }
}

/** Folders of runs that are not there any more. */
export async function leftovers(home: string): Promise<string[]> {
  return (await readdir(home)).filter((each) => each.startsWith('mayfly-'))
}

/** `bin/mayfly`, to be sent signals; `said` resolves when its output has some text. */
export function started(args: readonly string[], env: Environment, { detached = false } = {}) {
  const child = spawn(mayfly, args, {
    env: env as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
  })
  let text = ''
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part) => {
      text += part
      for (const listener of listeners) listener()
    })
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null; text: string }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, text })),
  )
  const said = (wanted: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => text.includes(wanted) && resolve()
      listeners.add(look)
      look()
      ended.then(() => reject(new Error(`ended without saying ${wanted}: ${text}`)))
    })
  return {
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** Signals all that it started too, where it is `detached` and so the leader of a group. */
    killGroup: (signal: NodeJS.Signals) => process.kill(-child.pid!, signal),
    said,
    ended,
    pid: child.pid!,
  }
}

function granted(): string {
  return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
<Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey>
<SessionToken>${sessionToken}</SessionToken><Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration></Credentials>
<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/deploy/mayfly</Arn><AssumedRoleId>AROA:mayfly</AssumedRoleId></AssumedRoleUser>
</AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>`
}

const refusal = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code>
<Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error><RequestId>r</RequestId></ErrorResponse>`
