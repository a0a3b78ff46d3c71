import { Hono } from 'hono'
import { MayflyError } from '../errors.ts'
import { type Lease, type LeaseStatus, variantOf } from '../lease.ts'
import type { CredentialPlan } from '../plan.ts'
import type { Secret } from '../secret.ts'
import { serveLoopback } from '../wire/loopback.ts'
import { expiryText } from './carried.ts'
import type { Change, Delivered } from './delivery.ts'
import { answerOf } from './failure.ts'
import { randomBearer, randomWord, writePrivate } from './private-file.ts'
import { revealed } from './revealed.ts'

/** A planned credential with the lease that keeps it fresh. */
export interface Held {
  readonly plan: CredentialPlan
  readonly lease: Lease
}

export interface AgentSetting {
  readonly held: readonly Held[]
  /** Begins with a slash; not to be guessed. */
  readonly base: string
  /** The bearer that `/credentials` asks for. */
  readonly token: Secret
}

/** The control server of one run: `/status` tells how its credentials are, `/credentials/NAME` gives one to `mayfly get`. */
export function agentApp({ held, base, token }: AgentSetting): Hono {
  const app = new Hono().basePath(base)
  app.use((c, next) => {
    c.header('Cache-Control', 'no-store')
    return next()
  })
  app.get('/status', (c) => c.json({ credentials: held.map(status) }))
  app.get('/credentials/:name', async (c) => {
    if (!token.equals((c.req.header('authorization') ?? '').replace(/^Bearer /i, '')))
      return c.json({ code: 'DELIVERY_REFUSED', message: 'the bearer token is missing or another one' }, 401)
    try {
      const { lease } = choose(held, c.req.param('name'))
      const credential = await lease.get(variantOf(c.req.query('scopes'), c.req.query('audience')))
      return c.json(revealed(credential))
    } catch (error) {
      const { status, code, message, hint } = answerOf(error)
      return c.json({ code, message, hint }, status)
    }
  })
  return app
}

export interface AgentPlace {
  readonly held: readonly Held[]
  /** An existing folder of mode 0700. */
  readonly directory: string
}

/** Opens the control server of a run. */
export async function serveAgent({ held, directory }: AgentPlace): Promise<Delivered> {
  const base = `/${randomWord()}`
  const token = randomBearer()
  const tokenFile = await writePrivate(directory, 'agent-token', token.reveal())
  const server = await serveLoopback(agentApp({ held, base, token }))
  return {
    changes: agentEnvironment({ url: `http://${server.address}${base}`, tokenFile }),
    close: server.close,
  }
}

export interface AgentAddress {
  readonly url: string
  readonly tokenFile: string
}

/** How `mayfly get` below a `mayfly run` finds it. */
export function agentEnvironment({ url, tokenFile }: AgentAddress): Change[] {
  return [
    {
      variable: 'MAYFLY_AGENT',
      action: 'set',
      value: url,
      reason:
        '`mayfly get` and credential_process ask the Mayfly around them, which has the credential in memory.',
    },
    {
      variable: 'MAYFLY_AGENT_TOKEN_FILE',
      action: 'set',
      value: tokenFile,
      reason: 'The file with the bearer that the Mayfly around asks for before it gives a credential.',
    },
  ]
}

/**
 * The credential that is meant by its name, or by its cloud where only one is for that cloud.
 * @throws CONFIG_ABSENT, COMMAND_USAGE naming those there are
 */
export function choose<H extends { readonly plan: CredentialPlan }>(held: readonly H[], name: string): H {
  const ofCloud = held.filter(({ plan }) => plan.steps.at(-1)?.to === name)
  const found = held.find(({ plan }) => plan.name === name) ?? ofCloud[0]
  const names = held.map(({ plan }) => plan.name)
  if (!found)
    throw new MayflyError('CONFIG_ABSENT', {
      message: `there is no credential "${name}"; there are: ${names.join(', ') || 'none'}`,
      values: { wanted: name, names },
      hint: 'Ask for one of the names that are there, or add it.',
    })
  if (found.plan.name === name || ofCloud.length === 1) return found
  throw new MayflyError('COMMAND_USAGE', {
    message: `${ofCloud.length} credentials are for ${name}`,
    hint: `Name the one that is meant: ${ofCloud.map(({ plan }) => plan.name).join(', ')}.`,
  })
}

function status({ plan, lease }: Held): Record<string, unknown> {
  const { state, expiresAtMs, renewsAtMs, failure }: LeaseStatus = lease.status()
  return {
    name: plan.name,
    to: plan.steps.at(-1)?.to,
    origin: plan.origin,
    state,
    ...(expiresAtMs !== undefined && { expiresAt: expiryText(expiresAtMs) }),
    ...(renewsAtMs !== undefined && { renewsAt: expiryText(renewsAtMs) }),
    ...(failure && { failure: { ...failure, sinceMs: undefined, since: expiryText(failure.sinceMs) } }),
  }
}
