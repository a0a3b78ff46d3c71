import type { AwsIdentity, SessionTokenAsk } from '../ask.ts'
import type { Circumstances } from '../request.ts'
import type { SessionGrant } from './role-session.ts'

/** Nobody needs a permission for it, and no policy can deny it: it is how a user proves MFA. */
export function authorizeSessionToken(
  { durationSeconds, minimumTokenSize }: SessionTokenAsk,
  { account, arn, userId, marks }: AwsIdentity,
  { nowMs }: Circumstances,
): SessionGrant {
  return {
    kind: 'aws-session',
    account,
    principal: { type: 'user', userArn: arn, userId },
    ...(marks && { marks }),
    ...(minimumTokenSize !== undefined && { minimumTokenSize }),
    expiresAtMs: (Math.floor(nowMs / 1000) + durationSeconds) * 1000,
    rule: `the permanent key of ${arn}`,
  }
}
