import { type ErrorCode, MayflyError } from '../../errors.ts'

/** The error codes of RFC 6749 §5.2, RFC 8693 §2.2.2 and RFC 7009 §2.2.1, and ours for what is our own fault. */
type OauthCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'temporarily_unavailable'
  | 'server_error'

export interface OauthError {
  readonly status: number
  readonly error: OauthCode
  /** Nothing of what is registered: that is for the operator. */
  readonly description: string
  /** Until it is worth asking again. */
  readonly waitSeconds?: number
}

/** A request that is wrong before anybody looks at who asks. */
export function badRequest(
  message: string,
  parameter: string,
  error: OauthCode = 'invalid_request',
): MayflyError {
  return new MayflyError('REQUEST_PARAMETER', { message, values: { parameter, error } })
}

type Words = (error: MayflyError, aboutToken: OauthCode) => OauthError

const refused = (error: OauthCode, description: string, status = 400): OauthError => ({
  status,
  error,
  description,
})

/** What is wrong with a token that was presented: for RFC 7523 §3.1 the grant is, for RFC 8693 §2.2.2 the request. */
const token =
  (description: string): Words =>
  (_, aboutToken) =>
    refused(aboutToken, description)

const unusable = token('the token cannot be used here')

const words: Partial<Record<ErrorCode, Words>> = {
  REQUEST_PARAMETER: ({ message, values }) =>
    refused(
      (values.error as OauthCode | undefined) ?? 'invalid_request',
      message,
      statusOf(values.parameter),
    ),
  REQUEST_UNSUPPORTED: ({ message, values }) =>
    refused((values.error as OauthCode | undefined) ?? 'invalid_request', message),
  TRUST_CLIENT: () => refused('invalid_client', 'client authentication failed', 401),
  TRUST_DENIED: denied,
  PROOF_MALFORMED: token('the token is not a JWT'),
  PROOF_TOO_LARGE: token('the token is too large'),
  PROOF_CLAIM: token('the token lacks a claim that is needed'),
  PROOF_ALGORITHM: token('the signature algorithm of the token is not accepted'),
  PROOF_SIGNATURE: token('the signature of the token does not hold'),
  PROOF_KEY: token('the key of the token is not known'),
  PROOF_DISCOVERY: () => refused('temporarily_unavailable', 'the keys of the issuer cannot be had', 503),
  PROOF_ISSUER: token('the issuer of the token is not trusted'),
  PROOF_AUDIENCE: token('the token is for another audience'),
  PROOF_EXPIRED: token('the token has expired'),
  PROOF_NOT_YET_VALID: token('the token is not valid yet'),
  PROOF_BOUND: token('the token is bound to a key, and such tokens are not taken'),
  REQUEST_CREDENTIAL: unusable,
  REQUEST_CREDENTIAL_EXPIRED: token('the token has expired'),
  REQUEST_RATE: ({ values }) => ({
    ...refused('temporarily_unavailable', 'too many requests', 429),
    waitSeconds: Number(values.waitSeconds),
  }),
  REGISTRY_REVOCATIONS: ({ message }) => refused('temporarily_unavailable', message, 503),
  REGISTRY_STORE: () => refused('temporarily_unavailable', 'the revocation could not be kept', 503),
  REGISTRY_CONFLICT: () => refused('temporarily_unavailable', 'the revocation could not be kept', 503),
}

/** By what no rule allowed. */
function denied({ values }: MayflyError, aboutToken: OauthCode): OauthError {
  switch (values.refused) {
    case 'client':
      return refused('unauthorized_client', 'the client may not do this')
    case 'target':
      return refused('invalid_target', 'the token may not be had for these resources')
    case 'scope':
      return refused('invalid_scope', 'the token may not be had with these scopes')
    default:
      return refused(aboutToken, 'nothing may be had for the token that was presented')
  }
}

function statusOf(parameter: unknown): number {
  return parameter === 'method' ? 405 : 400
}

const failed = refused('server_error', 'the authorization server failed', 500)

/** The words of OAuth for a failure. `aboutToken` is the code for a presented token that will not do. */
export function oauthError(error: unknown, aboutToken: 'invalid_request' | 'invalid_grant'): OauthError {
  const known = error instanceof MayflyError ? words[error.code]?.(error, aboutToken) : undefined
  return known ?? failed
}
