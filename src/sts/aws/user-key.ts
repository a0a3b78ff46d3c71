import type { Sealing } from '../../keys/keys.ts'
import type { AwsIdentity } from '../ask.ts'
import type { User } from './registered.ts'

const purpose = 'aws-user-key'

/**
 * The secret access key of a user's permanent key, by each master of the key file: the first is the one to hand out. It is
 * kept nowhere and follows from the ID, so that whoever reads the trust file learns nothing.
 */
export function secretsOfUserKey(accessKeyId: string, sealing: Sealing): readonly string[] {
  return sealing.deriveSecrets(purpose, accessKeyId)
}

export function identityOfUser({ arn, account, id }: User): AwsIdentity {
  return { type: 'aws', arn, account, userId: id(), credential: 'user' }
}
