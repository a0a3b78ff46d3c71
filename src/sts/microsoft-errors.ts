import { type ErrorCode, MayflyError, type Values } from '../errors.ts'

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

/** Codes as recorded from Graph; texts too, except where a line says otherwise. */
const words: Partial<Record<ErrorCode, Words>> = {
  REQUEST_UNSIGNED: badToken('Access token is empty.'),
  REQUEST_CREDENTIAL: badToken('Access token validation failure. Invalid signature.'), // one text for all that is wrong: ours
  REQUEST_CREDENTIAL_EXPIRED: badToken('Lifetime validation failed, the token is expired.'),
}

/** What a Microsoft API says of a failure. */
export function microsoftError(error: unknown): MicrosoftError {
  const known = error instanceof MayflyError ? words[error.code]?.(error.values) : undefined
  return known ?? { status: 500, code: 'InternalServerError', message: 'An internal server error occurred.' }
}
