import { MayflyError } from '../../errors.ts'
import type { Keys } from '../../keys/keys.ts'
import {
  checkSignature,
  type PresentedSignature,
  readSignature,
  type SignableRequest,
} from '../../wire/sigv4.ts'
import type { AwsIdentity } from '../ask.ts'
import type { User } from './registered.ts'
import { identityOfSession, unsealSession } from './session.ts'
import { identityOfUser, secretsOfUserKey } from './user-key.ts'

export interface SignedRequestRules {
  readonly keys: Keys
  /** Epoch milliseconds. */
  readonly nowMs: number
  /** Whose permanent access key it is; absent: nobody has one. */
  readonly userOf?: (accessKeyId: string) => User | undefined
  /** The service that the credential scope has to name; absent: any. */
  readonly service?: string
  /** How long before its arrival a request may have been signed. Default: 15 minutes, as at AWS. */
  readonly pastMs?: number
  /** How far ahead of ours the signer's clock may be. Default: 15 minutes, as at AWS. */
  readonly futureMs?: number
  /** A presigned request holds for its own X-Amz-Expires in place of `pastMs`, as everywhere but at STS. Default: false. */
  readonly presignedExpiry?: boolean
}

export const quarterHourMs = 15 * 60_000

/**
 * Who signed a request: a session of ours, or a user that is registered.
 * @throws REQUEST_UNSIGNED, REQUEST_INCOMPLETE, REQUEST_PARAMETER for what is no signature
 * @throws REQUEST_SCOPE when it was signed for another service
 * @throws REQUEST_CREDENTIAL when the access key or session token is not ours, or one is not the other's
 * @throws REQUEST_EXPIRED, REQUEST_NOT_YET_VALID when it was signed too long ago, or ahead of our clock
 * @throws REQUEST_SIGNATURE when it was altered or signed with another key
 * @throws REQUEST_CREDENTIAL_EXPIRED when the session is over
 */
export function verifySignedRequest(request: SignableRequest, rules: SignedRequestRules): AwsIdentity {
  const { nowMs, service } = rules
  const presented = readSignature(request)
  checkService(presented, service)
  const { identity, secrets } = signerBehind(presented, rules)
  checkWindow(presented, rules)
  checkBy(secrets, (secret) => checkSignature(request, presented, secret, { s3: service === 's3' }))
  if (identity.expiresAtMs !== undefined && identity.expiresAtMs <= nowMs) throw sessionOver(identity, nowMs)
  return { ...identity, region: presented.region }
}

/** By the first secret that fits, and with the last one's complaint. */
function checkBy([secret = '', ...others]: readonly string[], check: (secret: string) => void): void {
  try {
    check(secret)
  } catch (error) {
    if (others.length === 0) throw error
    checkBy(others, check)
  }
}

function checkService(presented: PresentedSignature, service: string | undefined): void {
  if (service === undefined || presented.service === service) return
  throw new MayflyError('REQUEST_SCOPE', {
    message: `the request is signed for the service ${JSON.stringify(presented.service)}, not ${service}`,
    values: {
      presented: presented.service,
      expected: service,
      text: `Credential should be scoped to correct service: '${service}'.`,
    },
  })
}

interface Signer {
  readonly identity: AwsIdentity
  /** Those of which one has signed. */
  readonly secrets: readonly string[]
}

function signerBehind({ accessKeyId, sessionToken }: PresentedSignature, rules: SignedRequestRules): Signer {
  const { keys, userOf } = rules
  if (sessionToken !== undefined) return sessionBehind(accessKeyId, sessionToken, keys)
  const user = userOf?.(accessKeyId)
  if (!user) throw foreign(accessKeyId, 'comes without a session token')
  return { identity: identityOfUser(user), secrets: secretsOfUserKey(accessKeyId, keys.sealing) }
}

function sessionBehind(accessKeyId: string, sessionToken: string, keys: Keys): Signer {
  const session = unsealSession(sessionToken, keys.sealing)
  if (!session) throw foreign(accessKeyId, "comes with a session token that is not this token service's")
  if (session.accessKeyId !== accessKeyId)
    throw foreign(accessKeyId, "comes with another key's session token")
  return { identity: identityOfSession(session), secrets: [session.secretAccessKey.reveal()] }
}

function foreign(accessKeyId: string, why: string): MayflyError {
  return new MayflyError('REQUEST_CREDENTIAL', {
    message: `the access key ${accessKeyId.slice(0, 128)} ${why}`,
    values: { accessKeyId: accessKeyId.slice(0, 128) },
  })
}

function checkWindow(presented: PresentedSignature, rules: SignedRequestRules): void {
  const { nowMs, futureMs = quarterHourMs, presignedExpiry = false } = rules
  const { signedAtMs, timestamp, form, expiresSeconds } = presented
  const own = presignedExpiry && form === 'query' ? (expiresSeconds ?? 0) * 1000 : undefined
  const pastMs = own ?? rules.pastMs ?? quarterHourMs
  if (signedAtMs + pastMs < nowMs)
    throw outOfTime('REQUEST_EXPIRED', `expired: ${timestamp} is now earlier than`, nowMs, -pastMs)
  if (signedAtMs - futureMs > nowMs)
    throw outOfTime(
      'REQUEST_NOT_YET_VALID',
      `not yet current: ${timestamp} is still later than`,
      nowMs,
      futureMs,
    )
}

function outOfTime(
  code: 'REQUEST_EXPIRED' | 'REQUEST_NOT_YET_VALID',
  what: string,
  nowMs: number,
  offsetMs: number,
): MayflyError {
  const sign = offsetMs < 0 ? '-' : '+'
  const minutes = Math.abs(offsetMs) / 60_000
  const text = `Signature ${what} ${basicTime(nowMs + offsetMs)} (${basicTime(nowMs)} ${sign} ${minutes} min.)`
  return new MayflyError(code, { message: text, values: { text } })
}

/** `yyyymmddThhmmssZ` */
function basicTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}

function sessionOver({ arn, expiresAtMs = 0 }: AwsIdentity, nowMs: number): MayflyError {
  const seconds = Math.ceil((nowMs - expiresAtMs) / 1000)
  return new MayflyError('REQUEST_CREDENTIAL_EXPIRED', {
    message: `the credentials of ${arn} expired ${seconds} s ago, at ${new Date(expiresAtMs).toISOString()}`,
    values: { expiry: Math.floor(expiresAtMs / 1000) },
  })
}
