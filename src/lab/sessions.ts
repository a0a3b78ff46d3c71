import type { AwsCredential } from '../credential.ts'
import { issueSession } from '../sts/public.ts'
import type { Sts } from '../sts/sts.ts'
import type { Stage } from './platform.ts'

/** A session that a service of AWS takes for a workload. */
export interface Taken {
  readonly roleArn: string
  /** `ecs-tasks.amazonaws.com` */
  readonly service: string
  readonly sessionName: string
}

/** Sessions of a role, as a platform's agent has them: a new one well before the old one ends. @throws as `sessionOf` */
export function sessions(
  { sts, clock }: Pick<Stage, 'sts' | 'clock'>,
  taken: Taken,
): () => Promise<AwsCredential> {
  let last: AwsCredential | undefined
  return async () => {
    if (!last || last.expiresAtMs - clock.now() <= rotateBeforeMs) last = await sessionOf(sts, taken)
    return last
  }
}

// So that a workload never holds dead ones, whenever it asks.
const rotateBeforeMs = 15 * 60_000

/** A session's credentials. @throws TrustDenied (TRUST_ROLE, TRUST_DENIED), AUDIT_WRITE */
export async function sessionOf(sts: Sts, taken: Taken): Promise<AwsCredential> {
  const { grant, accessKeyId, secretAccessKey, sessionToken } = await issueSession(sts, taken)
  return { kind: 'aws', accessKeyId, secretAccessKey, sessionToken, expiresAtMs: grant.expiresAtMs }
}
