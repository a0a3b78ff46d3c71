import type { AwsCredential, AwsCredentials, Credential } from './credential.ts'
import { MayflyError } from './errors.ts'
import type { Secret } from './secret.ts'

/** A JWT that the platform signed for this workload. */
export interface JwtProof {
  readonly kind: 'jwt'
  readonly token: Secret
}

/** AWS credentials that can sign a `GetCallerIdentity` or `AssumeRole` request. */
export interface AwsProof {
  readonly kind: 'aws'
  readonly credentials: AwsCredentials
  /** The region that the platform told; absent when it told none. */
  readonly region?: string
}

/** What a source gives, and what an exchange takes. */
export type Proof = JwtProof | AwsProof
export type ProofKind = Proof['kind']

/**
 * The credential of one exchange as the proof of the next one in a chain.
 * @throws EXCHANGE_CHAIN when the credential proves nothing to another token service
 */
export function asProof(credential: Credential): Proof {
  if (credential.kind === 'aws') return awsProof(credential)
  if (credential.kind === 'id-token') return { kind: 'jwt', token: credential.token }
  throw new MayflyError('EXCHANGE_CHAIN', {
    message: `an ${credential.kind} cannot prove an identity to the next token service`,
  })
}

function awsProof(credentials: AwsCredential): AwsProof {
  const { region } = credentials
  return { kind: 'aws', credentials, ...(region && { region }) }
}
