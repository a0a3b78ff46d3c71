import { type AwsError, awsError, iamError } from './aws/errors.ts'
import { entraError } from './entra/errors.ts'
import { microsoftError } from './entra/microsoft-errors.ts'
import { googleApiError, googleStsError } from './google/errors.ts'

import { oauthError } from './oauth/errors.ts'

/** What the caller of the real service would be told. */
export interface Wire {
  readonly status: number
  readonly code?: string
  readonly message?: string
}

/** What each cloud's token service says of a failure. */
export const wires: Readonly<Record<'aws' | 'google' | 'entra' | 'oauth', (error: unknown) => Wire>> = {
  aws: (error) => ofAws(awsError(error)),
  google(error) {
    const { status, error: code, error_description: message } = googleStsError(error)
    return { status, code, message }
  },
  entra(error) {
    const { status, error: code, text: message } = entraError(error)
    return { status, code, message }
  },
  oauth(error) {
    const { status, error: code, description: message } = oauthError(error, 'invalid_request')
    return { status, code, message }
  },
}

function ofAws({ status, code, text }: AwsError): Wire {
  return { status, code, message: text }
}

/** What `iamcredentials.googleapis.com` says of one. */
export function googleApiWire(error: unknown): Wire {
  const { status, body } = googleApiError(error)
  return { status, code: String(body.error.status), message: String(body.error.message) }
}

/** What the callers of each front end are told. */
const told: Readonly<Record<string, (error: unknown) => Wire>> = {
  'aws-sts': wires.aws,
  'aws-iam': (error) => ofAws(iamError(error)),
  'google-sts': wires.google,
  'google-iam-credentials': googleApiWire,
  entra: wires.entra,
  graph: microsoftError,
}

/** What the caller of a front end is told of a failure; undefined where no vendor's words are spoken. */
export function wireAt(frontEnd: string, error: unknown): Wire | undefined {
  if (!Object.hasOwn(told, frontEnd)) return undefined
  const { status, code, message } = told[frontEnd]!(error)
  return { status, ...(code !== undefined && { code }), ...(message !== undefined && { message }) }
}
