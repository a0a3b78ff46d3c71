import { type ErrorCode, MayflyError, type Values } from '../../errors.ts'

/** An error as AWS STS words it. */
export interface AwsError {
  readonly status: number
  readonly code: string
  readonly text: string
  /** Whose fault: AWS says Receiver for its own. */
  readonly type: 'Sender' | 'Receiver'
}

type Words = (values: Values) => AwsError

const sender =
  (status: number, code: string) =>
  (text: string | ((values: Values) => unknown)): Words =>
  (values) => ({ status, code, type: 'Sender', text: String(typeof text === 'string' ? text : text(values)) })

const badToken = sender(400, 'InvalidIdentityToken')
const badInput = sender(400, 'ValidationError')
const denied = sender(403, 'AccessDenied')
const badSignature = sender(403, 'SignatureDoesNotMatch')

// Two spaces, as recorded (aws-sdk-rust#827).
const noKey =
  "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
const notJwt =
  'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)'
const mismatch =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

/**
 * What AWS answers where this project raises a code. Texts are as recorded from AWS, except where a line says
 * otherwise. Everything that trust decided is one AccessDenied: a caller cannot tell a missing role from a refusal.
 */
const words: Partial<Record<ErrorCode, Words>> = {
  PROOF_MALFORMED: badToken(notJwt),
  PROOF_TOO_LARGE: badToken(notJwt),
  PROOF_ALGORITHM: badToken(notJwt), // not recorded: AWS lists no text for an algorithm that it does not take
  PROOF_SIGNATURE: badToken(notJwt), // not recorded
  PROOF_KEY: badToken(noKey),
  PROOF_DISCOVERY: badToken(noKey),
  PROOF_CLAIM: badToken(({ claim, aws = `Missing a required claim: ${claim}` }) => aws),
  PROOF_ISSUER: badToken(
    ({ presented }) => `No OpenIDConnect provider found in your account for ${presented}`,
  ),
  PROOF_AUDIENCE: badToken(({ aws = 'Incorrect token audience' }) => aws),
  PROOF_EXPIRED: sender(
    400,
    'ExpiredTokenException',
  )(
    ({ now, expiry }) =>
      `Token expired: current date/time ${now} must be before the expiration date/time ${expiry}`,
  ),
  PROOF_NOT_YET_VALID: badToken(notJwt), // not recorded

  TRUST_ROLE: denied(notAuthorized),
  TRUST_DENIED: denied(notAuthorized),
  TRUST_CREDENTIAL: denied(({ text }) => text),
  TRUST_OUTBOUND: sender(
    403,
    'OutboundWebIdentityFederationDisabledException',
  )('Outbound web identity federation is disabled for your account'),
  TRUST_SESSION_END: sender(
    403,
    'SessionDurationEscalationException',
  )(
    // Of the model's description: the text itself is not recorded.
    'The requested token duration would extend the session beyond its original expiration time.',
  ),
  TRUST_DURATION: badInput(({ text }) => text),
  // The code is AWS's; it says more of what is wrong than these words.
  TRUST_POLICY: sender(400, 'MalformedPolicyDocument')(({ text = 'Syntax errors in policy.' }) => text),

  // Of IAM alone. What AWS has no text for says so in fidelity.md.
  REGISTRY_ABSENT: sender(404, 'NoSuchEntity')(({ text }) => text),
  REGISTRY_EXISTS: sender(409, 'EntityAlreadyExists')(({ text }) => text),
  REGISTRY_IN_USE: sender(409, 'DeleteConflict')(({ text }) => text),
  REGISTRY_UNATTACHABLE: sender(400, 'PolicyNotAttachable')(({ text }) => text),
  REGISTRY_LIMIT: sender(409, 'LimitExceeded')(({ text }) => text),
  REGISTRY_SWITCH: ({ text, on }) =>
    on === 'true'
      ? sender(409, 'FeatureEnabled')(String(text))({})
      : sender(404, 'FeatureDisabled')(String(text))({}),
  REGISTRY_DECLARED: sender(
    400,
    'UnmodifiableEntity',
  )(({ name }) => `${name} is registered by the trust file of this token service, and is changed there.`),
  REGISTRY_CONFLICT: sender(
    409,
    'ConcurrentModification',
  )(
    'The request was rejected because multiple requests to change this object were submitted simultaneously. Wait a few minutes and submit your request again.',
  ),
  REQUEST_INPUT: sender(400, 'InvalidInput')(({ text }) => text),

  REQUEST_RATE: sender(400, 'Throttling')('Rate exceeded'),
  REQUEST_ACTION: sender(
    400,
    'InvalidAction',
  )(({ action, version }) => `Could not find operation ${action} for version ${version}`),
  REQUEST_PARAMETER: badInput(({ text = 'The request is malformed.' }) => text),
  REQUEST_MESSAGE: sender(
    400,
    'InvalidAuthorizationMessageException',
  )('The specified authorization message is not valid.'), // not recorded
  REQUEST_CONTEXT: sender(
    400,
    'InvalidContextAssertion',
  )('The context assertion that was provided is invalid.'), // not recorded
  REQUEST_MFA: denied(({ text }) => text),
  REQUEST_TAGS: sender(400, 'InvalidParameterValue')(({ text }) => text),
  REQUEST_PACKED_SIZE: sender(400, 'PackedPolicyTooLarge')(({ text }) => text),
  REQUEST_TOKEN_SIZE: sender(
    400,
    'JWTPayloadSizeExceededException',
  )(
    // Of the model's description, as well.
    'The requested token payload size exceeds the maximum allowed size.',
  ),
  REQUEST_UNSUPPORTED: badInput(({ text }) => text), // AWS supports it: these words are ours
  REQUEST_UNSIGNED: sender(403, 'MissingAuthenticationToken')('Request is missing Authentication Token'),
  REQUEST_INCOMPLETE: sender(400, 'IncompleteSignature')(({ text }) => text),
  REQUEST_SIGNATURE: badSignature(({ text = mismatch }) => text),
  REQUEST_SCOPE: badSignature(({ text }) => text),
  REQUEST_EXPIRED: badSignature(({ text }) => text),
  REQUEST_NOT_YET_VALID: badSignature(({ text }) => text),
  REQUEST_CREDENTIAL: sender(
    403,
    'InvalidClientTokenId',
  )('The security token included in the request is invalid.'),
  REQUEST_CREDENTIAL_EXPIRED: sender(
    403,
    'ExpiredToken',
  )('The security token included in the request is expired'),
}

function notAuthorized({ action, caller, resource, suffix = '' }: Values): string {
  if (caller === undefined) return `Not authorized to perform ${action}`
  const on = resource === undefined ? '' : ` on resource: ${resource}`
  return `User: ${caller} is not authorized to perform: ${action}${on}${suffix}`
}

const internalFailure: AwsError = {
  status: 500,
  code: 'InternalFailure',
  type: 'Receiver',
  text: 'The request processing has failed because of an unknown error, exception or failure.',
}

/** STS's words for a failure; InternalFailure for whatever AWS has no words for. */
export function awsError(error: unknown): AwsError {
  if (!(error instanceof MayflyError)) return internalFailure
  return words[error.code]?.(error.values) ?? internalFailure
}

/** IAM's words, which differ in the code for its own failures. */
export function iamError(error: unknown): AwsError {
  const told = awsError(error)
  return told === internalFailure ? { ...told, code: 'ServiceFailure' } : told
}
