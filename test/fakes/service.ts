import { MayflyError } from '../../src/errors.ts'
import type { AwsIdentity, GoogleIdentity } from '../../src/sts/ask.ts'
import type { SignableRequest } from '../../src/wire/sigv4.ts'

// What the fakes ask of the product: who sent this? They accept nobody on their own judgement.

/** @throws MayflyError for whoever is not to be served */
export type VerifyAws = (request: SignableRequest, service: string) => AwsIdentity | Promise<AwsIdentity>
/** @throws MayflyError for whoever is not to be served */
export type VerifyBearer = (token: string) => GoogleIdentity | Promise<GoogleIdentity>

/** A call that a fake let in: by whom, and what was asked. */
export interface Seen<Identity> {
  readonly identity: Identity
  /** `PutObject pictures/cat.jpg` */
  readonly call: string
}

/** A call that a fake turned away, by the code that its verification gave. */
export interface Turned {
  readonly code: string
  readonly message: string
}

export interface Visits<Identity> {
  readonly seen: Seen<Identity>[]
  readonly turnedAway: Turned[]
}

/** The error's code for a `MayflyError`; anything else is a fault of the fake and goes on. */
export function turnAway(visits: Visits<unknown>, error: unknown): MayflyError {
  if (!(error instanceof MayflyError)) throw error
  visits.turnedAway.push({ code: error.code, message: error.message })
  return error
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
