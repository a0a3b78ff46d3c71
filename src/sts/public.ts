import { randomUUID } from 'node:crypto'
import { MayflyError } from '../errors.ts'
import type { Keys } from '../keys/keys.ts'
import type { SignableRequest } from '../wire/sigv4.ts'
import type { AwsIdentity, GoogleIdentity, Minted } from './ask.ts'
import { authorizeForMachine, authorizeForService } from './authorize.ts'
import type { ServiceAsk } from './aws/authorize-service.ts'
import { verifySignedRequest } from './aws/signed-request.ts'
import { holderOfAccessToken, principalName } from './google/access-token.ts'
import type { AttachedAsk } from './google/authorize-impersonation.ts'
import { mint } from './mint.ts'
import type { Snapshot } from './snapshot.ts'
import type { Sts } from './sts.ts'

// What a service needs that takes this token service's credentials, and a platform that hands them out.

export interface VerifySetting {
  readonly keys: Keys
  /** Epoch milliseconds. Default: the machine's clock. */
  readonly nowMs?: number
}

export interface VerifyAwsSetting extends VerifySetting {
  /** What the credential scope has to name: `s3`, `ec2`. */
  readonly service: string
  /** `sts.registered()`: takes the permanent keys of its users too. Default: those of sessions alone. */
  readonly registered?: Pick<Snapshot, 'userOfKey'>
}

/**
 * Who signed a request to a service, by its Authorization header or its query. The signature of S3 covers the path as it
 * is and every X-Amz-* header; that of every other service a normalised path. A body to S3 may be left unsigned
 * (UNSIGNED-PAYLOAD, or in chunks without signatures). What is registered is not asked: a session holds here until it
 * ends, though its role was removed or its sessions were revoked since, which only the token service knows.
 * @throws REQUEST_UNSIGNED, REQUEST_INCOMPLETE, REQUEST_PARAMETER, REQUEST_SCOPE, REQUEST_SIGNATURE
 * @throws REQUEST_CREDENTIAL when the credentials are not this token service's, REQUEST_CREDENTIAL_EXPIRED
 * @throws REQUEST_UNSUPPORTED for a body to S3 whose chunks are signed
 * @throws REQUEST_EXPIRED, REQUEST_NOT_YET_VALID when it was signed more than 15 minutes ago, or for less than that
 */
export function verifyAwsRequest(request: SignableRequest, setting: VerifyAwsSetting): AwsIdentity {
  const { keys, service, registered, nowMs = Date.now() } = setting
  const users = registered && { userOf: registered.userOfKey }
  return verifySignedRequest(request, { keys, service, nowMs, presignedExpiry: true, ...users })
}

export interface VerifyAccessTokenSetting extends VerifySetting {
  /** The service asks `evaluateBoundary` about all that it does. Default: false, and downscoped tokens are refused. */
  readonly evaluatesBoundary?: boolean
}

/**
 * Who holds a Google access token. A downscoped one is for services that evaluate its boundary: of Google's, Cloud Storage.
 * @throws REQUEST_CREDENTIAL when it is not this token service's, REQUEST_CREDENTIAL_EXPIRED
 * @throws TRUST_BOUNDARY
 */
export function verifyAccessToken(token: string, setting: VerifyAccessTokenSetting): GoogleIdentity {
  const { keys, nowMs = Date.now(), evaluatesBoundary = false } = setting
  const identity = holderOfAccessToken(token, { keys, nowMs })
  if (!identity.boundary || evaluatesBoundary) return identity
  throw new MayflyError('TRUST_BOUNDARY', {
    message: `the access token of ${principalName(identity)} is downscoped, and this service does not evaluate access boundaries`,
  })
}

/**
 * A role's session for a workload, as a platform's metadata service obtains it: the role's trust policy has to let the
 * platform's service assume it.
 * @throws TrustDenied (TRUST_ROLE, TRUST_DENIED), TRUST_DURATION, AUDIT_WRITE
 */
export async function issueSession(
  sts: Sts,
  ask: ServiceAsk,
): Promise<Extract<Minted, { kind: 'aws-session' }>> {
  const record = sts.audit.open({ id: randomUUID(), from: ask.service }, 'service')
  record.noted({ action: 'AssumeRole', target: ask.roleArn, who: { verified: true, principal: ask.service } })
  try {
    const grant = authorizeForService(ask, sts.registered(), sts.now())
    const minted = mint(grant, sts.keys, sts.now()) as Extract<Minted, { kind: 'aws-session' }>
    await record.allowed(minted)
    return minted
  } catch (error) {
    throw await record.refused(error)
  }
}

type GoogleMinted = Extract<Minted, { kind: 'access-token' | 'id-token' }>

/**
 * A token of a service account for the machine that it is attached to, as a metadata server obtains it.
 * @throws TRUST_DENIED when it is not registered, AUDIT_WRITE
 */
export async function issueAttachedToken(sts: Sts, ask: AttachedAsk): Promise<GoogleMinted> {
  const service = 'compute.googleapis.com'
  const record = sts.audit.open({ id: randomUUID(), from: service }, 'service')
  record.noted({ action: ask.kind, target: ask.serviceAccount, who: { verified: true, principal: service } })
  try {
    const grant = authorizeForMachine(ask, sts.registered(), sts.now())
    const minted = mint(grant, sts.keys, sts.now()) as GoogleMinted
    await record.allowed(minted)
    return minted
  } catch (error) {
    throw await record.refused(error)
  }
}
