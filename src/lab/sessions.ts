import type { AwsCredential } from '../credential.ts'
import { issueSession } from '../sts/public.ts'
import type { Stage } from './platform.ts'

/** What a platform's agent knows of the session that it hands out. */
export interface SessionOf {
  readonly roleArn: string
  /** `ecs-tasks.amazonaws.com` */
  readonly service: string
  readonly sessionName: string
}

/** Sessions of a role, as a platform's agent has them: a new one well before the old one ends. @throws what `issueSession` throws */
export function sessions(
  { sts, clock }: Pick<Stage, 'sts' | 'clock'>,
  of: SessionOf,
): () => Promise<AwsCredential> {
  let last: AwsCredential | undefined
  return async () => {
    if (!last || last.expiresAtMs - clock.now() <= rotateBeforeMs)
      last = credentialOf(await issueSession(sts, of))
    return last
  }
}

// So that a workload never holds dead ones, whenever it asks.
const rotateBeforeMs = 15 * 60_000

type Session = Awaited<ReturnType<typeof issueSession>>

function credentialOf({ grant, accessKeyId, secretAccessKey, sessionToken }: Session): AwsCredential {
  return { kind: 'aws', accessKeyId, secretAccessKey, sessionToken, expiresAtMs: grant.expiresAtMs }
}
