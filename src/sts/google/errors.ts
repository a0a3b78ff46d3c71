import { type ErrorCode, MayflyError, type Values } from '../../errors.ts'

/** An error of Google STS: RFC 6749 §5.2 members and nothing else. */
export interface OAuthError {
  readonly status: number
  readonly error: string
  readonly error_description: string
}

type Words = (values: Values) => OAuthError

const refused =
  (error: string) =>
  (text: string | ((values: Values) => unknown)): Words =>
  (values) => ({
    status: 400,
    error,
    error_description: String(typeof text === 'string' ? text : text(values)),
  })

const badRequest = refused('invalid_request')
const badGrant = refused('invalid_grant')

const noTarget =
  'The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn\'t exist.'

const brackets = (presented: Values[string]) => (Array.isArray(presented) ? presented.join(', ') : presented)

// Google sends the caller's signed request to AWS and passes on no more than that AWS refused it. Not recorded.
const notByAws = 'AWS rejected the signed GetCallerIdentity request.'
const awsRefused = badGrant(notByAws)

/** What Google STS answers where this project raises a code: as recorded, except where a line says otherwise. */
const stsWords: Partial<Record<ErrorCode, Words>> = {
  PROOF_MALFORMED: badGrant(({ text = 'Unable to parse the ID Token.' }) => text), // not recorded
  PROOF_TOO_LARGE: badRequest('The subject token is too large.'), // not recorded
  PROOF_ALGORITHM: badGrant('The ID Token is signed with an unsupported algorithm.'), // not recorded
  PROOF_KEY: badGrant('The signing key of the ID Token cannot be found at its issuer.'), // not recorded
  PROOF_SIGNATURE: badGrant('The signature of the ID Token is invalid.'), // not recorded
  PROOF_CLAIM: badGrant(({ claim }) => `The ID Token has no valid claim "${claim}".`), // not recorded
  PROOF_LIFETIME: badGrant('The ID Token is valid for more than 24 hours.'), // not recorded
  PROOF_ISSUER: badGrant(
    ({ presented, expected }) =>
      `The issuer in ID Token ${presented} does not match the expected ones: ${expected}`,
  ),
  PROOF_DISCOVERY: badGrant("Error connecting to the given credential's issuer."),
  PROOF_AUDIENCE: badGrant(
    ({ presented }) =>
      `The audience in ID Token [${brackets(presented)}] does not match the expected audience.`,
  ),
  PROOF_EXPIRED: badGrant(({ issued }) => `ID Token issued at ${issued} is stale to sign-in.`),
  PROOF_NOT_YET_VALID: badGrant('The ID Token is not valid yet.'), // not recorded
  PROOF_REQUEST: badRequest('AWS request has invalid format.'),
  PROOF_ACCOUNT: badGrant('The AWS account does not match the one of the identity provider.'), // not recorded

  TRUST_PROVIDER: refused('invalid_target')(noTarget),
  TRUST_CONDITION: refused('unauthorized_client')(
    'The given credential is rejected by the attribute condition.',
  ),
  TRUST_MAPPING: badGrant(({ google = 'The attribute mapping could not be applied.' }) => google), // not recorded

  TRUST_BOUNDARY: badRequest('The access token has a Credential Access Boundary already.'), // not recorded
  TRUST_SCOPES: refused('invalid_scope')('The access token does not have the requested scopes.'), // not recorded
  TRUST_POLICY: badRequest(
    ({ path, found, expected }) => `Invalid value for "options": ${path} is ${found}, expected ${expected}.`,
  ), // not recorded
  REQUEST_RATE: () => ({
    status: 429,
    error: 'temporarily_unavailable', // not recorded; the text is
    error_description: 'The request was throttled due to rate limit. Please retry after a few seconds.',
  }),

  REQUEST_PARAMETER: badRequest(({ text = 'The request is malformed.' }) => text), // the default is ours
  REQUEST_UNSUPPORTED: badRequest(({ text }) => text), // Google supports it: these words are ours
  REQUEST_UNSIGNED: awsRefused,
  REQUEST_INCOMPLETE: awsRefused,
  REQUEST_SIGNATURE: awsRefused,
  REQUEST_SCOPE: awsRefused,
  REQUEST_EXPIRED: awsRefused,
  REQUEST_NOT_YET_VALID: awsRefused,
  REQUEST_CREDENTIAL: badGrant(({ google = notByAws }) => google),
  REQUEST_CREDENTIAL_EXPIRED: badGrant(({ google = notByAws }) => google),
}

const serverError: OAuthError = {
  status: 500,
  error: 'server_error',
  error_description: 'Internal error encountered.',
}

/** Google STS's words for a failure. */
export function googleStsError(error: unknown): OAuthError {
  if (!(error instanceof MayflyError)) return serverError
  return stsWords[error.code]?.(error.values) ?? serverError
}

/** An error of the Google APIs proper, as `google.rpc.Status` in JSON. */
export interface GoogleApiError {
  readonly status: number
  readonly body: { readonly error: Readonly<Record<string, unknown>> }
}

/** `info` is what programs read. */
export function rpc(
  status: number,
  name: string,
  message: string,
  info?: Readonly<Record<string, unknown>>,
): GoogleApiError {
  const details = info && [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', ...info }]
  return { status, body: { error: { code: status, message, status: name, ...(details && { details }) } } }
}

const expectedCredential =
  'Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.'

const unauthenticated = () =>
  rpc(401, 'UNAUTHENTICATED', `Request had invalid authentication credentials. ${expectedCredential}`)

const denied = ({ permission }: Values) =>
  permission === undefined
    ? rpc(403, 'PERMISSION_DENIED', 'The caller does not have permission')
    : rpc(403, 'PERMISSION_DENIED', `Permission '${permission}' denied on resource (or it may not exist).`, {
        reason: 'IAM_PERMISSION_DENIED',
        domain: 'iam.googleapis.com',
        metadata: { permission },
      })

const apiWords: Partial<Record<ErrorCode, (values: Values) => GoogleApiError>> = {
  TRUST_DENIED: denied,
  TRUST_SERVICE_ACCOUNT: ({ name }) =>
    rpc(404, 'NOT_FOUND', `Not found; Gaia id not found for email ${name}`),
  TRUST_BOUNDARY: denied, // not recorded
  TRUST_DURATION: ({ expected }) =>
    rpc(400, 'INVALID_ARGUMENT', `The access token lifetime cannot exceed ${expected} seconds.`),
  TRUST_SCOPES: ({ service = 'iamcredentials.googleapis.com' }) =>
    rpc(403, 'PERMISSION_DENIED', 'Request had insufficient authentication scopes.', {
      reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
      domain: 'googleapis.com',
      metadata: { service },
    }),
  REQUEST_UNSIGNED: () =>
    rpc(
      401,
      'UNAUTHENTICATED',
      `Request is missing required authentication credential. ${expectedCredential}`,
    ),
  REQUEST_RATE: () => rpc(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).'),
  REQUEST_CREDENTIAL: unauthenticated,
  REQUEST_CREDENTIAL_EXPIRED: unauthenticated,
  REQUEST_PARAMETER: ({ text = 'Request contains an invalid argument.' }) =>
    rpc(400, 'INVALID_ARGUMENT', String(text)),
  REQUEST_UNSUPPORTED: ({ text }) => rpc(400, 'INVALID_ARGUMENT', String(text)), // these words are ours
}

/** The words of `iamcredentials.googleapis.com` for a failure. */
export function googleApiError(error: unknown): GoogleApiError {
  const known = error instanceof MayflyError ? apiWords[error.code]?.(error.values) : undefined
  return known ?? rpc(500, 'INTERNAL', 'Internal error encountered.')
}
