import { type ErrorCode, MayflyError, type Values } from '../../errors.ts'

/** An error of a Microsoft API, in the form that Graph and Azure Resource Manager have in common. */
export interface MicrosoftError {
  readonly status: number
  readonly code: string
  readonly message: string
}

type Words = (values: Values) => MicrosoftError

const badToken = (message: string) => (): MicrosoftError => ({
  status: 401,
  code: 'InvalidAuthenticationToken',
  message,
})

const worded =
  (status: number, code: string, text = ({ text }: Values) => String(text)): Words =>
  (values) => ({ status, code, message: text(values) })

// Text: ours.
const invalidExpression = worded(
  400,
  'InvalidFederatedIdentityCredentialValue',
  () => 'The claimsMatchingExpression is not valid.',
)

/** Codes as recorded from Graph; texts too, except where a line says otherwise. */
const words: Partial<Record<ErrorCode, Words>> = {
  REQUEST_UNSIGNED: badToken('Access token is empty.'),
  // Of a signature, but for an audience one text for all that is wrong: ours.
  REQUEST_CREDENTIAL: ({ text = 'Access token validation failure. Invalid signature.' }) =>
    badToken(String(text))(),
  REQUEST_CREDENTIAL_EXPIRED: badToken('Lifetime validation failed, the token is expired.'),
  REQUEST_RATE: worded(429, 'TooManyRequests', () => 'Too many requests. Please try again later.'), // text: ours
  TRUST_APP_ROLE: worded(
    403,
    'Authorization_RequestDenied',
    () => 'Insufficient privileges to complete the operation.',
  ),
  REGISTRY_ABSENT: worded(404, 'Request_ResourceNotFound'),
  REGISTRY_EXISTS: worded(409, 'Request_MultipleObjectsWithSameKeyValue'),
  REGISTRY_LIMIT: worded(400, 'Directory_QuotaExceeded'), // ours
  REQUEST_INPUT: worded(400, 'InvalidFederatedIdentityCredentialValue'), // for a body that cannot be read: ours
  REGISTRY_DOCUMENT: invalidExpression,
  TRUST_POLICY: invalidExpression,
  REGISTRY_DECLARED: worded(
    403,
    'Authorization_RequestDenied',
    () =>
      'This federated identity credential is registered by the trust file of Mayfly, and is changed there.',
  ), // ours
}

/** What a Microsoft API says of a failure. */
export function microsoftError(error: unknown): MicrosoftError {
  const known = error instanceof MayflyError ? words[error.code]?.(error.values) : undefined
  return known ?? { status: 500, code: 'InternalServerError', message: 'An internal server error occurred.' }
}
