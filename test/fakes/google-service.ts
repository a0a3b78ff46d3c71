import type { Context } from 'hono'
import type { GoogleIdentity } from '../../src/sts/ask.ts'
import { evaluateBoundary } from '../../src/sts/google/evaluate-boundary.ts'
import type { BoundaryQuestion } from '../../src/trust/google-boundary.ts'
import { turnAway, type VerifyBearer, type Visits } from './service.ts'

type Status = 400 | 401 | 403 | 404

/** An answer that is an error, as Google's APIs write it. */
export class GoogleRefusal extends Error {
  readonly status: Status
  readonly reason: string

  constructor(status: Status, reason: string, message: string) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

/** For Hono's `onError`: refusals in Google's JSON; anything else is a fault of the fake and goes on. */
export function answerRefusal(error: Error, c: Context) {
  if (!(error instanceof GoogleRefusal)) throw error
  const { status: code, reason: status, message } = error
  return c.json({ error: { code, message, status, errors: [{ message, reason: status }] } }, code)
}

export interface AdmitOptions {
  readonly verify: VerifyBearer
  readonly visits: Visits<GoogleIdentity>
  /** `bigquery` for https://www.googleapis.com/auth/bigquery; one of them does. */
  readonly scopes: readonly string[]
}

/**
 * Lets in the holder of a token with a scope that does, and whose boundary has room for it, and notes the call.
 * @throws GoogleRefusal
 */
export function admitter({ verify, visits, scopes }: AdmitOptions) {
  const scopesThatDo = scopes.map((name) => `https://www.googleapis.com/auth/${name}`)
  const identify = async (bearer: string) => {
    try {
      return await verify(bearer)
    } catch (error) {
      turnAway(visits, error)
      throw new GoogleRefusal(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.')
    }
  }
  return async (c: Context, call: string, ...questions: readonly BoundaryQuestion[]) => {
    const bearer = /^Bearer (\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
    if (!bearer)
      throw new GoogleRefusal(
        401,
        'UNAUTHENTICATED',
        'Request is missing required authentication credential.',
      )
    const identity = await identify(bearer)
    if (!identity.scopes.some((scope) => scopesThatDo.includes(scope)))
      throw new GoogleRefusal(403, 'PERMISSION_DENIED', 'Request had insufficient authentication scopes.')
    for (const question of questions) checkBoundary(identity, question)
    visits.seen.push({ identity, call })
  }
}

function checkBoundary(identity: GoogleIdentity, question: BoundaryQuestion): void {
  if (evaluateBoundary(identity, question).decision === 'allow') return
  const { permission } = question
  throw new GoogleRefusal(
    403,
    'PERMISSION_DENIED',
    `The caller does not have ${permission} access. Permission '${permission}' denied on resource (or it may not exist).`,
  )
}
