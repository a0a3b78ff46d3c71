import { type ErrorCode, MayflyError, type Values } from '../../errors.ts'
import { isoTime } from '../web-identity.ts'

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
const scope = refused(400, 'invalid_scope')

// ── what is wrong with a request ───────────────────────────────────────────────────────────────────────

/** Texts as recorded, statuses inferred where no line says otherwise. */
const faults = {
  method: request(
    900561,
    ({ presented }) => `The endpoint only accepts POST requests. Received a ${presented} request.`,
  ),
  form: request(9002313, () => 'Invalid request. Request is malformed or invalid.'), // which faults it answers: ours
  missing: request(
    900144,
    ({ presented }) => `The request body must contain the following parameter: '${presented}'.`,
  ),
  grant: refused(400, 'unsupported_grant_type')(
    70003,
    ({ presented }) => `The app requested an unsupported grant type '${presented}'.`,
  ),
  scope: scope(
    1002012,
    ({ presented }) =>
      `The provided value for scope ${presented} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
  ),
  scopes: scope(
    70011,
    ({ presented }) =>
      `The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope ${presented} is not valid.`,
  ), // recorded for other flows
  proofless: client(
    7000216,
    () =>
      "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
  ),
  secret: client(
    7000215,
    ({ presented }) =>
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${presented}'.`,
  ),
  instance: request(50049, () => 'Unknown or invalid instance.'), // text documented
} as const satisfies Record<string, Words>

/** A request that Entra would refuse before it looks at who asks. */
export function entraFault(fault: keyof typeof faults, presented: string): MayflyError {
  const shown = presented.slice(0, 200)
  const { text } = faults[fault]({ presented: shown })
  return new MayflyError('REQUEST_PARAMETER', { message: text, values: { fault, presented: shown } })
}

function faultIn(values: Values): EntraError {
  const { fault } = values
  const known = typeof fault === 'string' && Object.hasOwn(faults, fault)
  return faults[known ? (fault as keyof typeof faults) : 'form'](values)
}

// ── what is wrong with who asks ────────────────────────────────────────────────────────────────────────

const check =
  'Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation'
const noRecord = 'No matching federated identity record found for presented assertion'
const consent =
  'This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.'

/** Which text of the subject it is: `values.mismatch` says so. */
const subject: Words = (values) =>
  values.mismatch === 'subject-case'
    ? client(
        7002138,
        ({ presented }) =>
          `${noRecord} subject '${presented}'. The subject matches with case-insensitive comparison, but not with case-sensitive comparison. ${check}`,
      )(values)
    : client(700213, ({ presented }) => `${noRecord} subject '${presented}'. ${check}`)(values)

const malformed = client(50027, () => 'JWT token is invalid or malformed.')

/** What Entra answers where this project raises a code: as recorded, except where a line says otherwise. */
const words: Partial<Record<ErrorCode, Words>> = {
  // Of the table of AADSTS numbers. On the wire there is less: entraRefusal.
  REQUEST_RATE: refused(429, 'temporarily_unavailable')(90055, () => 'There are too many incoming requests.'),
  REQUEST_PARAMETER: faultIn,
  PROOF_MALFORMED: malformed, // number documented, status not recorded
  PROOF_TOO_LARGE: malformed, // not recorded
  PROOF_CLAIM: malformed, // not recorded
  PROOF_ALGORITHM: malformed, // not recorded
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
  // The full wording of 700212 is not recorded; the beginning is.
  PROOF_ISSUER: client(700211, ({ presented }) => `${noRecord} issuer '${presented}'. ${check}`),
  PROOF_AUDIENCE: client(
    700212,
    ({ presented }) => `${noRecord} audience '${[presented].flat().join(', ')}'. ${check}`,
  ),
  PROOF_EXPIRED: client(700024, validRange),
  PROOF_NOT_YET_VALID: client(700024, validRange),
  TRUST_DENIED: subject,
  TRUST_TENANT: refused(400, 'invalid_tenant')(
    90002,
    ({ presented }) =>
      `Tenant '${presented}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
  ),
  TRUST_APPLICATION: refused(400, 'unauthorized_client')(
    700016,
    ({ presented, directory }) =>
      `Application with identifier '${presented}' was not found in the directory${directory === undefined ? '' : ` '${directory}'`}. ${consent} You may have sent your authentication request to the wrong tenant.`,
  ),
  TRUST_RESOURCE: refused(400, 'invalid_resource')(
    500011,
    ({ presented, directory }) =>
      `The resource principal named ${presented} was not found in the tenant named ${directory}. ${consent} You might have sent your authentication request to the wrong tenant.`,
  ),
}

/** The times are those that the token has; how Entra writes them is not recorded in full. */
function validRange({ now, begins, expiry, issued }: Values): string {
  const at = (seconds: Values[string]) => (typeof seconds === 'number' ? isoTime(seconds) : 'unknown')
  const range = `assertion valid from ${at(begins ?? issued)}, expiry time of assertion ${at(expiry)}`
  return `Client assertion is not within its valid time range. Current time: ${at(now)}, ${range}.`
}

/** Our own failure; how Entra answers its own is not recorded. */
const failed = refused(500, 'server_error')(
  50000,
  () => 'There was an error issuing a token or an issue with our sign-in service.',
)

/** Entra's words for a failure. */
export function entraError(error: unknown): EntraError {
  const known = error instanceof MayflyError ? words[error.code]?.(error.values) : undefined
  return known ?? failed({})
}
