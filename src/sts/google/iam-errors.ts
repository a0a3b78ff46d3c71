import { type ErrorCode, MayflyError, type Values } from '../../errors.ts'
import { type GoogleApiError, googleApiError, rpc } from './errors.ts'

const worded =
  (status: number, name: string) =>
  ({ text }: Values) =>
    rpc(status, name, String(text))

/** What the IAM API says where this project raises a code; of bearers, the same as other APIs of Google. */
const words: Partial<Record<ErrorCode, (values: Values) => GoogleApiError>> = {
  TRUST_DENIED: ({ permission, resource, service = 'iam.googleapis.com' }) =>
    denied(String(permission), resource, String(service)),
  REGISTRY_ABSENT: worded(404, 'NOT_FOUND'),
  REGISTRY_EXISTS: worded(409, 'ALREADY_EXISTS'),
  // Without words: others changed the same entry again and again.
  REGISTRY_CONFLICT: ({ text = 'The operation was aborted.' }) => rpc(409, 'ABORTED', String(text)),
  REGISTRY_STATE: worded(400, 'FAILED_PRECONDITION'), // texts ours
  REQUEST_INPUT: worded(400, 'INVALID_ARGUMENT'),
  REGISTRY_DECLARED: () =>
    rpc(400, 'FAILED_PRECONDITION', 'It is registered by the trust file of Mayfly, and is changed there.'), // ours
  REGISTRY_DOCUMENT: () => rpc(400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.'),
}

/** As recorded, with the resource and without. */
function denied(permission: string, resource: Values[string], domain: string): GoogleApiError {
  const on = resource === undefined ? 'resource' : `resource '//${domain}/${resource}'`
  return rpc(403, 'PERMISSION_DENIED', `Permission '${permission}' denied on ${on} (or it may not exist).`, {
    reason: 'IAM_PERMISSION_DENIED',
    domain,
    metadata: { permission, ...(resource !== undefined && { resource }) },
  })
}

/** The words of `iam.googleapis.com` for a failure. */
export function googleIamError(error: unknown): GoogleApiError {
  const known = error instanceof MayflyError ? words[error.code]?.(error.values) : undefined
  return known ?? googleApiError(error)
}
