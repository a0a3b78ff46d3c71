import { createHash } from 'node:crypto'
import { type Context, Hono } from 'hono'
import type { Secret } from '../secret.ts'
import type { Clock } from '../world.ts'
import { type Folder, find, type GceFacts, leafText, listing, metadataTree, recursive } from './gce-tree.ts'

const root = '/computeMetadata/v1'
// Above what any client waits by default; without a bound a forgotten watcher would wait for ever.
const longestWatchSeconds = 300

/** Whose tokens a metadata server hands out. */
export interface MetadataTokens {
  /** For these scopes, sorted; for none, the account's own. */
  accessToken(scopes: readonly string[]): Promise<{ readonly token: Secret; readonly expiresAtMs: number }>
  idToken(audience: string, options: IdTokenForm): Promise<Secret>
  /** What a client is told where there is none to be had: 503 while that may pass. */
  failure(error: unknown): { readonly status: 400 | 503; readonly code: string; readonly description: string }
}

export interface IdTokenForm {
  /** `format=full`: with the account's e-mail address in it. */
  readonly full: boolean
}

export interface GceMetadata {
  readonly tokens: MetadataTokens
  readonly clock: Clock
  readonly facts: GceFacts
}

/**
 * The metadata server of Compute Engine, as far as its clients go for a credential. The protocol has no secret: who
 * can reach the port can ask.
 * @see https://cloud.google.com/compute/docs/metadata/querying-metadata
 */
export function gceMetadata({ tokens, clock, facts }: GceMetadata): Hono {
  const app = new Hono()
  const tree = metadataTree(facts)
  const accounts = new Set(['default', facts.email])
  app.use(async (c, next) => {
    c.header('Metadata-Flavor', 'Google')
    c.header('Server', 'Metadata Server for VM')
    if (c.req.header('x-forwarded-for') !== undefined)
      return text(c, 403, 'a request that was forwarded (X-Forwarded-For) is not answered')
    if (c.req.path !== '/' && c.req.header('metadata-flavor')?.toLowerCase() !== 'google')
      return text(c, 403, 'the request needs the header Metadata-Flavor: Google')
    return next()
  })
  // The probe of google-auth for Python and of Java: any 200 with the flavor.
  app.get('/', (c) => text(c, 200, 'computeMetadata/\n'))
  app.get(`${root}/instance/service-accounts/:account/token`, (c) =>
    known(c, accounts) ? token(c, tokens, clock) : absent(c),
  )
  app.get(`${root}/instance/service-accounts/:account/identity`, (c) =>
    known(c, accounts) ? identity(c, tokens) : absent(c),
  )
  app.get('/computeMetadata/*', (c) => metadata(c, { v1: tree }, clock))
  app.get('/computeMetadata', (c) => c.redirect('/computeMetadata/', 301))
  app.notFound((c) => text(c, 404, `nothing is served at ${c.req.path}`))
  return app
}

async function token(c: Context, tokens: MetadataTokens, clock: Clock): Promise<Response> {
  try {
    const { token, expiresAtMs } = await tokens.accessToken(scopesOf(c.req.query('scopes')))
    return json(c, 200, {
      access_token: token.reveal(),
      // The true rest of its life: clients plan by it, and a token is renewed before any of them would ask twice.
      expires_in: Math.floor((expiresAtMs - clock.now()) / 1000),
      token_type: 'Bearer',
    })
  } catch (error) {
    return failed(c, tokens, error)
  }
}

async function identity(c: Context, tokens: MetadataTokens): Promise<Response> {
  const audience = c.req.query('audience')
  if (audience === undefined || audience === '')
    return text(c, 400, 'a non-empty audience parameter is required')
  try {
    return text(c, 200, (await tokens.idToken(audience, { full: c.req.query('format') === 'full' })).reveal())
  } catch (error) {
    // gcloud asks for an ID token beside every access token, and goes on without one only after a 404.
    return failed(c, tokens, error, 404)
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

function failed(c: Context, tokens: MetadataTokens, error: unknown, refused: 400 | 404 = 400): Response {
  const { status, code, description } = tokens.failure(error)
  return json(c, status === 400 ? refused : status, { error: code, error_description: description })
}

// `application/text` is what the metadata server says; google-auth for Python fails when there is no type at all.
function text(c: Context, status: 200 | 400 | 403 | 404, value: string): Response {
  return c.body(value, status, { 'Content-Type': 'application/text' })
}

function json(c: Context, status: 200 | 400 | 404 | 503, value: unknown): Response {
  return c.body(JSON.stringify(value), status, { 'Content-Type': 'application/json' })
}
