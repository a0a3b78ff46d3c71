import type { Draft } from '../registry/registry.ts'
import type {
  AccessTokenGrant,
  AdminGrant,
  AwsSessionGrant,
  Grant,
  IdTokenGrant,
  Ungranted,
  Verified,
  VerifiedAdmin,
} from './ask.ts'
import { authorizeAccessKeyInfo } from './aws/authorize-access-key-info.ts'
import { authorizeAssumeRole } from './aws/authorize-assume-role.ts'
import { authorizeDecoding } from './aws/authorize-decoding.ts'
import { authorizeFederationToken } from './aws/authorize-federation-token.ts'
import { authorizeIam } from './aws/authorize-iam.ts'
import { authorizeService, type ServiceAsk } from './aws/authorize-service.ts'
import { authorizeSessionToken } from './aws/authorize-session-token.ts'
import { authorizeWebIdentity } from './aws/authorize-web-identity.ts'
import { authorizeWebIdentityToken } from './aws/authorize-web-identity-token.ts'
import { checkCallable } from './aws/callable.ts'
import { authorizeClientAssertion } from './entra/authorize-client-assertion.ts'
import { authorizeDownscope } from './google/authorize-downscope.ts'
import { authorizeExchange } from './google/authorize-exchange.ts'
import {
  type AttachedAsk,
  authorizeAttached,
  authorizeImpersonation,
} from './google/authorize-impersonation.ts'
import { authorizeOauthToken } from './oauth/authorize-oauth-token.ts'
import type { Circumstances } from './request.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * Decides by the registered trust alone: no I/O, and no clock but that of the circumstances.
 * @throws TrustDenied, with the whole trace: TRUST_ROLE, TRUST_DENIED, TRUST_SERVICE_ACCOUNT, TRUST_CONDITION, TRUST_MAPPING
 * @throws TRUST_DURATION, TRUST_SCOPES, TRUST_BOUNDARY, TRUST_RESOURCE
 */
export function authorize(verified: Verified, registered: Snapshot, circumstances: Circumstances): Grant {
  return decide(verified, registered, circumstances) as Grant
}

/**
 * Decides whether a service of the cloud may take a role for a workload.
 * @throws TrustDenied: TRUST_ROLE, TRUST_DENIED
 * @throws TRUST_DURATION
 */
export function authorizeForService(ask: ServiceAsk, registered: Snapshot, nowMs: number): AwsSessionGrant {
  return authorizeService(ask, registered, { nowMs }) as AwsSessionGrant
}

/**
 * Decides whether a machine may have a token of the service account that is attached to it.
 * @throws TRUST_DENIED
 */
export function authorizeForMachine(
  ask: AttachedAsk,
  registered: Snapshot,
  nowMs: number,
): AccessTokenGrant | IdTokenGrant {
  return authorizeAttached(ask, registered, nowMs) as AccessTokenGrant | IdTokenGrant
}

/**
 * Decides whether the signer of an admin call may make it, by its own policies and by what the call is to change.
 * @throws TRUST_DENIED, REQUEST_CREDENTIAL
 */
export function authorizeAdmin(
  { ask, identity }: VerifiedAdmin,
  registered: Snapshot,
  draft: Draft,
  circumstances: Circumstances,
): AdminGrant {
  return authorizeIam(ask, identity, { registered, draft }, circumstances) as AdminGrant
}

function decide(verified: Verified, registered: Snapshot, circumstances: Circumstances): Ungranted<Grant> {
  if (verified.identity.type === 'aws') checkCallable(verified.kind, verified.identity)
  switch (verified.kind) {
    case 'AssumeRoleWithWebIdentity':
      return authorizeWebIdentity(verified.ask, verified.identity, registered, circumstances)
    case 'AssumeRole':
      return authorizeAssumeRole(verified.ask, verified.identity, registered, circumstances)
    case 'GetCallerIdentity':
      // Nobody needs a permission to be told who they are, and no policy can deny it.
      return { kind: 'caller-identity', identity: verified.identity }
    case 'GetSessionToken':
      return authorizeSessionToken(verified.ask, verified.identity, circumstances)
    case 'GetFederationToken':
      return authorizeFederationToken(verified.ask, verified.identity, registered, circumstances)
    case 'GetAccessKeyInfo':
      return authorizeAccessKeyInfo(verified.ask, verified.identity, registered, circumstances)
    case 'DecodeAuthorizationMessage':
      return authorizeDecoding(verified.ask, verified.identity, registered, circumstances)
    case 'GetWebIdentityToken':
      return authorizeWebIdentityToken(verified.ask, verified.identity, registered, circumstances)
    case 'TokenExchange':
      return authorizeExchange(verified.ask, verified.identity, registered, circumstances.nowMs)
    case 'ClientAssertion':
      return authorizeClientAssertion(verified.ask, verified.identity, registered, circumstances.nowMs)
    case 'OauthToken':
      return authorizeOauthToken(verified.ask, verified.identity, registered, circumstances.nowMs)
    case 'DownscopeToken':
      return authorizeDownscope(verified.ask, verified.identity, circumstances.nowMs)
    case 'GenerateAccessToken':
    case 'GenerateIdToken':
    case 'SignBlob':
    case 'SignJwt':
      return authorizeImpersonation(verified.ask, verified.identity, registered, circumstances.nowMs)
  }
}
