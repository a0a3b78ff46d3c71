import { randomUUID } from 'node:crypto'
import { parseForm } from '../../wire/form.ts'
import type { StsRequest, StsResponse } from '../ask.ts'
import { RateExceeded, retryAfter } from '../operator/rate-exceeded.ts'
import { headerOf } from '../request.ts'
import { entraError } from './errors.ts'
import { entraAuthority } from './issuers.ts'

/** JSON as Entra's endpoints answer it: never cached, and with the caller's own ID of its request where it asks for that. */
export function entraAnswer(request: StsRequest, status: number, body: unknown): StsResponse {
  const own = clientRequestId(request)
  const wanted = own !== undefined && headerOf(request, 'return-client-request-id')?.toLowerCase() === 'true'
  return {
    status,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': 'no-store, no-cache',
      Pragma: 'no-cache',
      'x-ms-request-id': request.id,
      ...(wanted && { 'client-request-id': own }),
    },
    body: JSON.stringify(body),
  }
}

/** A failure in Entra's words. Its trace ID is the ID by which the audit has the request. */
export function entraRefusal(error: unknown, request: StsRequest, nowMs: number): StsResponse {
  if (error instanceof RateExceeded) return tooMany(error, request)
  const { status, error: code, number, text } = entraError(error)
  const timestamp = `${new Date(nowMs).toISOString().slice(0, 19).replace('T', ' ')}Z`
  const trace = request.id
  const correlation = clientRequestId(request) ?? randomUUID()
  return entraAnswer(request, status, {
    error: code,
    error_description: `${text} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
    error_codes: [number],
    timestamp,
    trace_id: trace,
    correlation_id: correlation,
    error_uri: `${entraAuthority}/error?code=${number}`,
  })
}

/** As recorded (microsoft-authentication-library-for-dotnet#2855): no JSON, and no number. Entra says 60 seconds every time. */
function tooMany(error: RateExceeded, request: StsRequest): StsResponse {
  const { headers } = entraAnswer(request, 429, {})
  return {
    status: 429,
    headers: { ...headers, 'Content-Type': 'text/plain', ...retryAfter(error) },
    body: 'Too Many Requests',
  }
}

/** As a header, or in the form, where MSAL puts it. Anything but an ID is not repeated. */
function clientRequestId(request: StsRequest): string | undefined {
  const id = headerOf(request, 'client-request-id') ?? inForm(request.body)
  return id !== undefined && /^[0-9a-f-]{32,36}$/i.test(id) ? id : undefined
}

function inForm(body: string): string | undefined {
  try {
    return parseForm(body).get('client-request-id')
  } catch {
    return undefined
  }
}
