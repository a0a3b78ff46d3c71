import type { Sealing } from '../keys/keys.ts'
import type { AwsIdentity } from './ask.ts'

/** What an AWS session token holds, sealed. */
export interface AwsSession {
  /** Binds the token to its key pair: neither works with another's half. */
  readonly accessKeyId: string
  readonly account: string
  readonly roleName: string
  readonly roleId: string
  readonly sessionName: string
  /** Epoch milliseconds. */
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

const purpose = 'aws-session'

/** The session as an opaque text of a few hundred characters, which this token service alone can read. */
export function sealSession(session: AwsSession, sealing: Sealing): string {
  const { accessKeyId, account, roleName, roleId, sessionName, issuedAtMs, expiresAtMs } = session
  const record = [1, accessKeyId, account, roleName, roleId, sessionName, issuedAtMs, expiresAtMs]
  return sealing.seal(purpose, JSON.stringify(record))
}

/** Undefined when the token is not of this token service, or was altered. */
export function unsealSession(token: string, sealing: Sealing): AwsSession | undefined {
  const record = sealing.unseal(purpose, token)
  if (record === undefined) return undefined
  const [, accessKeyId, account, roleName, roleId, sessionName, issuedAtMs, expiresAtMs] = JSON.parse(record)
  return { accessKeyId, account, roleName, roleId, sessionName, issuedAtMs, expiresAtMs }
}

/** The secret access key that goes with a session token. It is kept nowhere: it follows from the token. */
export function secretOfSession(token: string, sealing: Sealing): string {
  return sealing.deriveSecret(purpose, token)
}

/** `arn:aws:sts::123456789012:assumed-role/deploy/job-7` */
export function sessionArn(session: Pick<AwsSession, 'account' | 'roleName' | 'sessionName'>): string {
  return `arn:aws:sts::${session.account}:assumed-role/${session.roleName}/${session.sessionName}`
}

export function identityOfSession(session: AwsSession): AwsIdentity {
  return {
    type: 'aws',
    arn: sessionArn(session),
    account: session.account,
    userId: `${session.roleId}:${session.sessionName}`,
    credential: 'role-session',
    issuedAtMs: session.issuedAtMs,
    expiresAtMs: session.expiresAtMs,
  }
}
