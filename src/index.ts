// The public names. What is not here may change in any release.

// The workload side: prove → exchange → keep fresh → deliver.
export { type PlansQuestion, readPlans } from './config/index.ts'
// What both sides share.
export type {
  AccessToken,
  AwsCredential,
  AwsCredentials,
  Credential,
  CredentialKind,
  IdToken,
} from './credential.ts'
export type { Change } from './deliveries/delivery.ts'
export {
  type Attempt,
  type ErrorCode,
  type ErrorDetail,
  MayflyError,
  type Remedy,
  remedies,
  type Values,
} from './errors.ts'
export { type DeliveryPlace, type Federation, federate, lease } from './federate.ts'
// The trust side: a token service of one's own, and what a service needs that takes its credentials.
export { ephemeralKeys, keysFromFile } from './keys/key-ring.ts'
export type { Keys } from './keys/keys.ts'
export type { Failure, Lease, LeaseStatus, Variant } from './lease.ts'
export type {
  AwsStep,
  Cloud,
  CredentialPlan,
  DeliveryName,
  GoogleStep,
  SourceChoice,
  Step,
} from './plan.ts'
export type { AwsProof, JwtProof, Proof, ProofKind } from './proof.ts'
export { keepFresh, type RefreshSetting } from './refresh/refresher.ts'
export type { TrustDocument } from './registry/documents.ts'
export { readTrustFile } from './registry/trust-file.ts'
export { Secret } from './secret.ts'
export { chooseSource, describeSources, type SourceReport } from './sources/index.ts'
export type { Audience, Sighting, Source } from './sources/source.ts'
export type { AwsIdentity, GoogleIdentity } from './sts/ask.ts'
export { type Audit, type AuditRecord, type AuditSink, createAudit } from './sts/audit.ts'
export { auditFile } from './sts/audit-file.ts'
export { encodeAuthorizationMessage } from './sts/aws/authorization-message.ts'
export { evaluatePermissions, type PermissionQuestion } from './sts/aws/evaluate-permissions.ts'
export { type ChangeableSts, createSts, type StsSetting } from './sts/create.ts'
export { evaluateBoundary } from './sts/google/evaluate-boundary.ts'
export {
  type ChangeableFaults,
  createFaults,
  type FaultSetting,
  type Faults,
  type FaultsWorld,
  type Outage,
  type ThrottleFault,
} from './sts/operator/faults.ts'
export { createLimits, type LimitKind, type Limits, type Rates, type Who } from './sts/operator/limits.ts'
export type { Rate } from './sts/operator/token-buckets.ts'
export {
  issueSession,
  type VerifyAccessTokenSetting,
  type VerifyAwsSetting,
  type VerifySetting,
  verifyAccessToken,
  verifyAwsRequest,
} from './sts/public.ts'
export { type ServeOptions, type StsServer, serveSts } from './sts/serve.ts'
export { stsApp } from './sts/server.ts'
export type { Snapshot } from './sts/snapshot.ts'
export type { Sts } from './sts/sts.ts'
export type { Check, Decision } from './trust/decision.ts'
export type { GooglePrincipal } from './trust/google-bindings.ts'
export type { AccessBoundary, BoundaryQuestion } from './trust/google-boundary.ts'
export { type Http, type HttpRequest, type HttpResponse, outboundHttp } from './wire/http.ts'
export type { SignableRequest } from './wire/sigv4.ts'
export { type Clock, type Environment, type World, wallClock } from './world.ts'
