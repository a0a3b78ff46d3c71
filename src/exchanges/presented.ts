import type { AwsCredentials } from '../credential.ts'
import type { Values } from '../errors.ts'
import type { Proof } from '../proof.ts'
import type { Secret } from '../secret.ts'
import { inWords } from '../wire/duration.ts'
import { readJwt } from '../wire/jws.ts'
import { oneLine } from '../wire/printable.ts'

/** A proof as a refusal may speak of it: what it says of itself, and never the proof. */
export interface Presented {
  /** One clause for people: `iss https://gitlab.example, sub project_path:…, aud sts.amazonaws.com`. */
  readonly text: string
  readonly values: Values
  /** When it ends, in epoch milliseconds, where it says so. */
  readonly expiresAtMs?: number
  /** What a token service might repeat in its answer. */
  readonly secrets: readonly Secret[]
}

/** A JWT by its own claims, AWS credentials by the role that they are known to act as. */
export function presented(proof: Proof, nowMs: number): Presented {
  return proof.kind === 'jwt' ? token(proof.token, nowMs) : credentials(proof.credentials)
}

function token(secret: Secret, nowMs: number): Presented {
  const { iss, sub, aud, exp } = claimsOf(secret)
  const told = Object.entries({ iss, sub, aud }).map(([name, value]) => [name, claimText(value)] as const)
  const ends = typeof exp === 'number' && Number.isSafeInteger(exp) ? { expiresAtMs: exp * 1000 } : {}
  const clauses = told.map(([name, value]) => `${name} ${value}`)
  if (ends.expiresAtMs !== undefined) clauses.push(life(ends.expiresAtMs - nowMs))
  return { text: clauses.join(', '), values: Object.fromEntries(told), secrets: [secret], ...ends }
}

function claimsOf(secret: Secret): Readonly<Record<string, unknown>> {
  try {
    return readJwt(secret.reveal()).claims
  } catch {
    return {}
  }
}

function claimText(value: unknown): string {
  if (Array.isArray(value)) return value.slice(0, 10).map(claimText).join(' and ')
  return typeof value === 'string' || typeof value === 'number' ? oneLine(String(value), 256) : '(none)'
}

const life = (leftMs: number) =>
  leftMs < 0
    ? `expired ${inWords(-leftMs)} ago by this machine's clock`
    : `good for ${inWords(leftMs)} by this machine's clock`

function credentials({ secretAccessKey, sessionToken, ...rest }: AwsCredentials): Presented {
  // Those of a chain came with the ARN that the step before was told.
  const arn = 'arn' in rest && typeof rest.arn === 'string' ? oneLine(rest.arn, 256) : undefined
  return {
    text: arn ? `AWS credentials of ${arn}` : 'AWS credentials, whose role AWS alone can tell',
    values: { arn },
    secrets: sessionToken ? [secretAccessKey, sessionToken] : [secretAccessKey],
  }
}
