import type { Sealing } from '../../keys/keys.ts'
import { Secret } from '../../secret.ts'
import { freshBytes } from '../../wire/fresh-bytes.ts'
import type { AwsIdentity, SessionMarks, SessionPrincipal } from '../ask.ts'

/** What an AWS session token holds, sealed. */
export interface AwsSession {
  /** Binds the token to its key pair: neither works with another's half. */
  readonly accessKeyId: string
  /** Kept nowhere else: whoever can open the token can check a signature. */
  readonly secretAccessKey: Secret
  readonly account: string
  readonly principal: SessionPrincipal
  readonly marks?: SessionMarks
  /** Epoch milliseconds. */
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

const purpose = 'aws-session'

/** The session as an opaque text of a few hundred characters, which this token service alone can read. */
export function sealSession(session: AwsSession, sealing: Sealing, minimumSize = 0): string {
  const { accessKeyId, secretAccessKey, account, issuedAtMs, expiresAtMs, marks = 0 } = session
  const pair = [accessKeyId, secretAccessKey.reveal()]
  const record = JSON.stringify([pair, account, issuedAtMs, expiresAtMs, marks, packed(session.principal)])
  // Sealing adds a few bytes, and base64 makes four characters of three: blanks after JSON mean nothing.
  const size = Math.ceil(minimumSize * 0.75)
  return sealing.seal(purpose, size > record.length ? record.padEnd(size) : record)
}

/** Undefined when the token is not of this token service, or was altered. */
export function unsealSession(token: string, sealing: Sealing): AwsSession | undefined {
  const record = sealing.unseal(purpose, token)
  if (record === undefined) return undefined
  const [[accessKeyId, secret], account, issuedAtMs, expiresAtMs, marks, principal] = JSON.parse(record)
  const pair = { accessKeyId, secretAccessKey: new Secret(secret) }
  const session = { ...pair, account, principal: unpacked(principal), issuedAtMs, expiresAtMs }
  return marks === 0 ? session : { ...session, marks }
}

function packed(principal: SessionPrincipal): readonly string[] {
  switch (principal.type) {
    case 'role':
      return ['role', principal.roleName, principal.roleId, principal.sessionName]
    case 'user':
      return ['user', principal.userArn, principal.userId]
    case 'federated':
      return ['federated', principal.name, principal.userArn]
  }
}

function unpacked([type, first, second, third]: readonly string[]): SessionPrincipal {
  if (type === 'role') return { type, roleName: first!, roleId: second!, sessionName: third! }
  return type === 'user'
    ? { type, userArn: first!, userId: second! }
    : { type: 'federated', name: first!, userArn: second! }
}

/** A new secret access key: 30 bytes are the 40 base64 characters of one of AWS. */
export function newSecretAccessKey(): Secret {
  return new Secret(freshBytes(30).toString('base64'))
}

/** `arn:aws:sts::123456789012:assumed-role/deploy/job-7`; of a user's session the user's own. */
export function sessionArn({ account, principal }: Pick<AwsSession, 'account' | 'principal'>): string {
  switch (principal.type) {
    case 'role':
      return `arn:aws:sts::${account}:assumed-role/${principal.roleName}/${principal.sessionName}`
    case 'user':
      return principal.userArn
    case 'federated':
      return `arn:aws:sts::${account}:federated-user/${principal.name}`
  }
}

/** The unique ID that goes with it: `AROA…:job-7`. */
export function sessionUserId({ account, principal }: Pick<AwsSession, 'account' | 'principal'>): string {
  switch (principal.type) {
    case 'role':
      return `${principal.roleId}:${principal.sessionName}`
    case 'user':
      return principal.userId
    case 'federated':
      return `${account}:${principal.name}`
  }
}

const credentials = { role: 'role-session', user: 'user-session', federated: 'federated-user' } as const

export function identityOfSession(session: AwsSession): AwsIdentity {
  const { account, principal, marks, issuedAtMs, expiresAtMs } = session
  return {
    type: 'aws',
    arn: sessionArn(session),
    account,
    userId: sessionUserId(session),
    credential: credentials[principal.type],
    ...(principal.type === 'federated' && { federatedBy: principal.userArn }),
    ...(marks && { marks }),
    issuedAtMs,
    expiresAtMs,
  }
}
