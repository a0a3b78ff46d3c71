import { type ErrorCode, MayflyError, type Values } from '../errors.ts'

/** An error of Entra's token endpoint. */
export interface EntraError {
  readonly status: number
  readonly error: string
  /** AADSTSn */
  readonly number: number
  /** The description without the trace IDs and the time that Entra adds. */
  readonly text: string
}

type Words = (values: Values) => EntraError

const refused =
  (status: number, error: string) =>
  (number: number, text: (values: Values) => string): Words =>
  (values) => ({ status, error, number, text: `AADSTS${number}: ${text(values)}` })

const client = refused(401, 'invalid_client')
const request = refused(400, 'invalid_request')

const check =
  'Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation'
const noRecord = 'No matching federated identity record found for presented assertion'

/** Which text of the subject it is: `values.mismatch` says so. */
const subject: Words = (values) =>
  values.mismatch === 'subject-case'
    ? client(
        7002138,
        ({ presented }) =>
          `${noRecord} subject '${presented}'. The subject matches with case-insensitive comparison, but not with case-sensitive comparison. ${check}`,
      )(values)
    : client(700213, ({ presented }) => `${noRecord} subject '${presented}'. ${check}`)(values)

/** What Entra answers where this project raises a code: as recorded, except where a line says otherwise. */
const words: Partial<Record<ErrorCode, Words>> = {
  PROOF_MALFORMED: client(50027, () => 'JWT token is invalid or malformed.'), // number documented, status not recorded
  PROOF_CLAIM: client(50027, () => 'JWT token is invalid or malformed.'), // not recorded
  PROOF_ALGORITHM: client(50027, () => 'JWT token is invalid or malformed.'), // not recorded
  PROOF_SIGNATURE: client(
    700027,
    () =>
      'The certificate with identifier used to sign the client assertion is not registered on application.',
  ), // not recorded for federated credentials
  PROOF_KEY: client(
    7000272,
    ({ kid, issuer }) =>
      `The certificate with identifier ${kid} used to sign the federated credential could not be found in the metadata of identity provider ${issuer}.`,
  ),
  PROOF_DISCOVERY: client(50166, () => 'Request to External OIDC endpoint failed.'), // status not recorded
  // The full wording of 700211 and 700212 is not recorded; the beginning is.
  PROOF_ISSUER: client(700211, ({ presented }) => `${noRecord} issuer '${presented}'. ${check}`),
  PROOF_AUDIENCE: client(
    700212,
    ({ presented }) => `${noRecord} audience '${[presented].flat().join(', ')}'. ${check}`,
  ),
  PROOF_EXPIRED: client(700024, validRange),
  PROOF_NOT_YET_VALID: client(700024, validRange),
  TRUST_DENIED: subject,
  TRUST_PROVIDER: refused(400, 'unauthorized_client')(
    700016,
    ({ presented }) =>
      `Application with identifier '${presented}' was not found in the directory. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
  ),
}

function validRange({ presented, expected }: Values): string {
  return `Client assertion is not within its valid time range. Current time: ${expected}, assertion: ${presented}.`
}

/** Entra's words for a failure. */
export function entraError(error: unknown): EntraError {
  const known = error instanceof MayflyError ? words[error.code]?.(error.values) : undefined
  return known ?? request(90002, () => 'The request could not be processed.')({})
}
