import { createHash } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { MayflyError } from '../errors.ts'
import type { Lease } from '../lease.ts'
import type { CredentialPlan, GoogleStep } from '../plan.ts'
import { serveLoopback } from '../wire/loopback.ts'
import type { Clock } from '../world.ts'
import { liveAccessToken, liveIdToken } from './carried.ts'
import type { Delivery } from './delivery.ts'
import { answerOf, sentences } from './failure.ts'
import { gceEnvironment } from './gce-environment.ts'
import { type Folder, find, type GceFacts, leafText, listing, metadataTree, recursive } from './gce-tree.ts'
import { hideGcloudFolder } from './gcloud-folder.ts'

const root = '/computeMetadata/v1'
// Above what any client waits by default; without a bound a forgotten watcher would wait for ever.
const longestWatchSeconds = 300

export interface GceSetting {
  readonly lease: Lease
  readonly clock: Clock
  readonly facts: GceFacts
}

/**
 * The metadata server of Compute Engine, as far as its clients go for a credential. The protocol has no secret: who
 * can reach the port can ask, which is why it is for `serveLoopback` alone, with forwarded requests refused.
 * @see https://cloud.google.com/compute/docs/metadata/querying-metadata
 */
export function gceApp({ lease, clock, facts }: GceSetting): Hono {
  const app = new Hono()
  const tree = metadataTree(facts)
  const accounts = new Set(['default', facts.email])
  app.use(async (c, next) => {
    c.header('Metadata-Flavor', 'Google')
    c.header('Server', 'Metadata Server for VM')
    if (c.req.path !== '/' && c.req.header('metadata-flavor')?.toLowerCase() !== 'google')
      return text(c, 403, 'the request needs the header Metadata-Flavor: Google')
    return next()
  })
  // The probe of google-auth for Python and of Java: any 200 with the flavor.
  app.get('/', (c) => text(c, 200, 'computeMetadata/\n'))
  app.get(`${root}/instance/service-accounts/:account/token`, (c) =>
    known(c, accounts) ? token(c, lease, clock) : absent(c),
  )
  app.get(`${root}/instance/service-accounts/:account/identity`, (c) =>
    known(c, accounts) ? identity(c, lease, clock) : absent(c),
  )
  app.get('/computeMetadata/*', (c) => metadata(c, { v1: tree }, clock))
  app.get('/computeMetadata', (c) => c.redirect('/computeMetadata/', 301))
  app.notFound((c) => text(c, 404, `nothing is served at ${c.req.path}`))
  return app
}

/** What the plan tells about the project and the account. */
export function gceFacts(plan: CredentialPlan): GceFacts {
  const step = plan.steps.at(-1)
  if (step?.to !== 'google')
    throw new MayflyError('DELIVERY_KIND', { message: `"${plan.name}" does not end at Google Cloud` })
  const email = step.impersonation?.email ?? 'default'
  const { project: projectId } = plan
  return {
    email,
    scopes: step.scopes,
    projectNumber: numberOf(step),
    ...(projectId !== undefined && { projectId }),
  }
}

export const gce: Delivery = {
  name: 'gce',
  carries: ['access-token'],
  async deliver({ lease, plan, directory, world }) {
    const facts = gceFacts(plan)
    await liveAccessToken(lease, world.clock)
    const configFolder = await hideGcloudFolder({ env: world.env, directory, log: world.log })
    const server = await serveLoopback(gceApp({ lease, clock: world.clock, facts }), {
      refuseForwarded: true,
    })
    const changes = gceEnvironment({
      host: server.address,
      ...(facts.projectId !== undefined && { projectId: facts.projectId }),
      ...(configFolder !== undefined && { configFolder }),
    })
    return { changes, close: server.close }
  },
}

async function token(c: Context, lease: Lease, clock: Clock): Promise<Response> {
  try {
    const scopes = scopesOf(c.req.query('scopes'))
    const credential = await liveAccessToken(lease, clock, scopes.length > 0 ? { scopes } : {})
    return json(c, 200, {
      access_token: credential.token.reveal(),
      // The true rest of its life: clients plan by it, and a token is renewed before any of them would ask twice.
      expires_in: Math.floor((credential.expiresAtMs - clock.now()) / 1000),
      token_type: 'Bearer',
    })
  } catch (error) {
    return failed(c, error)
  }
}

async function identity(c: Context, lease: Lease, clock: Clock): Promise<Response> {
  const audience = c.req.query('audience')
  if (audience === undefined || audience === '')
    return text(c, 400, 'a non-empty audience parameter is required')
  try {
    return text(c, 200, (await liveIdToken(lease, clock, audience)).token.reveal())
  } catch (error) {
    // gcloud asks for an ID token beside every access token, and goes on without one only after a 404.
    return failed(c, error, 404)
  }
}

/** Sorted and without repetition, so that the same scopes in another order are the same credential. */
function scopesOf(parameter: string | undefined): string[] {
  return [...new Set((parameter ?? '').split(/[\s,]/))].filter((each) => each !== '').sort()
}

async function metadata(c: Context, tree: Folder, clock: Clock): Promise<Response> {
  const path = c.req.path.slice('/computeMetadata/'.length)
  const found = find(tree, path)
  if (found.kind === 'absent') return absent(c)
  if (found.kind === 'leaf') {
    const { leaf } = found
    const value = c.req.query('alt') === 'json' ? JSON.stringify(leaf) : leafText(leaf)
    return watched(c, clock, value, c.req.query('alt') === 'json')
  }
  const deep = c.req.query('recursive')?.toLowerCase() === 'true'
  if (!deep && !c.req.path.endsWith('/')) return c.redirect(`${c.req.path}/${new URL(c.req.url).search}`, 301)
  const asJson = deep || c.req.query('alt') === 'json'
  const { folder } = found
  const value = deep ? JSON.stringify(recursive(folder)) : listing(folder)
  return watched(c, clock, asJson && !deep ? JSON.stringify(Object.keys(folder)) : value, asJson)
}

/** An answer with its ETag; one that the client already has is held back for as long as it wants to wait for a change. */
async function watched(c: Context, clock: Clock, value: string, asJson: boolean): Promise<Response> {
  const etag = createHash('sha256').update(value).digest('hex').slice(0, 16)
  if (c.req.query('wait_for_change') === 'true' && (c.req.query('last_etag') ?? etag) === etag)
    await waited(clock, watchSeconds(c.req.query('timeout_sec')), c.req.raw.signal)
  c.header('ETag', etag)
  return asJson ? c.body(value, 200, { 'Content-Type': 'application/json' }) : text(c, 200, value)
}

function watchSeconds(parameter: string | undefined): number {
  const seconds = Number(parameter)
  return parameter !== undefined && seconds >= 0
    ? Math.min(seconds, longestWatchSeconds)
    : longestWatchSeconds
}

function waited(clock: Clock, seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(seconds * 1000, resolve)
    signal.addEventListener('abort', () => {
      cancel()
      resolve()
    })
  })
}

function known(c: Context, accounts: ReadonlySet<string>): boolean {
  return accounts.has(c.req.param('account') ?? '')
}

function absent(c: Context): Response {
  return text(c, 404, `there is no metadata at ${c.req.path}`)
}

function failed(c: Context, error: unknown, refused: 400 | 404 = 400): Response {
  const answer = answerOf(error)
  const status = answer.status === 400 ? refused : answer.status
  return json(c, status, { error: answer.code, error_description: sentences(answer) })
}

// `application/text` is what the metadata server says; google-auth for Python fails when there is no type at all.
function text(c: Context, status: 200 | 400 | 403 | 404, value: string): Response {
  return c.body(value, status, { 'Content-Type': 'application/text' })
}

function json(c: Context, status: 200 | 400 | 404 | 503, value: unknown): Response {
  return c.body(JSON.stringify(value), status, { 'Content-Type': 'application/json' })
}

// `//iam.googleapis.com/projects/N/…`: the pool's project, the one number that is known here.
function numberOf({ provider }: GoogleStep): string {
  const number = /\/projects\/([0-9]+)\//.exec(provider)?.[1]
  return number ?? '0'
}
