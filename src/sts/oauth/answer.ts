import type { StsRequest, StsResponse } from '../ask.ts'
import { headerOf } from '../request.ts'
import type { OauthError } from './errors.ts'

/** JSON that nobody keeps (RFC 6749 §5.1). */
export function oauthAnswer(
  status: number,
  body: unknown,
  headers: StsResponse['headers'] = {},
): StsResponse {
  const noStore = { 'Cache-Control': 'no-store', Pragma: 'no-cache' }
  return {
    status,
    headers: { 'Content-Type': 'application/json', ...noStore, ...headers },
    body: JSON.stringify(body),
  }
}

/** A failure (RFC 6749 §5.2), with the ID by which the audit and the operator have it. */
export function oauthRefusal(failure: OauthError, request: StsRequest): StsResponse {
  const { status, error, description, waitSeconds } = failure
  return oauthAnswer(
    status,
    { error, error_description: `${printable(description)} (request ID ${request.id})` },
    {
      ...challenge(status, request),
      ...(status === 405 && { Allow: 'POST' }),
      ...(waitSeconds !== undefined && { 'Retry-After': String(waitSeconds) }),
    },
  )
}

/** A client that used the Authorization header is answered in its own scheme (RFC 6749 §5.2). */
function challenge(status: number, request: StsRequest): StsResponse['headers'] {
  const [, scheme] = /^([A-Za-z]{1,16})\b/.exec(headerOf(request, 'authorization') ?? '') ?? []
  if (status !== 401 || scheme === undefined) return {}
  const error = /^bearer$/i.test(scheme) ? 'error="invalid_token"' : 'realm="no client has a secret here"'
  return { 'WWW-Authenticate': `${scheme} ${error}` }
}

/** RFC 6749 §5.2 has printable ASCII alone, without quotes and backslashes. */
function printable(text: string): string {
  return text.replaceAll('"', "'").replaceAll(/[^ !#-[\]-~]/g, '?')
}
