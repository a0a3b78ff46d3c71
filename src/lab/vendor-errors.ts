import { MayflyError } from '../errors.ts'
import type { StsResponse } from '../sts/ask.ts'
import { awsError } from '../sts/aws/errors.ts'
import { microsoftError } from '../sts/entra/microsoft-errors.ts'
import { googleApiError } from '../sts/google/errors.ts'
import { headerOf } from '../sts/request.ts'
import { escapeXml } from '../wire/aws-query.ts'
import type { ServiceRequest } from './caller.ts'
import type { Vendor } from './hosts.ts'

/** What a service of that vendor answers to credentials that do not hold. */
export function refusal(vendor: Vendor, request: ServiceRequest, error: unknown): StsResponse {
  if (vendor === 'google') {
    const { status, body } = googleApiError(error)
    return json(status, body)
  }
  if (vendor === 'microsoft') {
    const { status, ...told } = microsoftError(error)
    return json(status, { error: told })
  }
  const protocol = awsProtocol(request)
  const { status, code, text } = awsError(error)
  const own = error instanceof MayflyError ? ownCodes[protocol][error.code] : undefined
  return awsFailure(request, { status: own === 'AuthFailure' ? 401 : status, code: own ?? code, text })
}

/** The answer of an API that nobody plays: who was let in, and how to plug a service in. */
export function notPlayed(vendor: Vendor, request: ServiceRequest, caller: string): StsResponse {
  const { host } = request
  const text = `mayfly lab: ${caller} was authenticated, and nothing plays ${host} here. Plug a service in: mayfly lab --service ${host}=http://127.0.0.1:PORT`
  if (vendor === 'google') return json(501, { error: { code: 501, message: text, status: 'UNIMPLEMENTED' } })
  if (vendor === 'microsoft') return json(501, { error: { code: 'NotImplemented', message: text } })
  return awsFailure(request, { status: 501, code: 'NotImplemented', text })
}

type AwsProtocol = 'json' | 's3' | 'ec2' | 'query'

/** The protocol of a service, by what its requests look like; their errors differ. */
function awsProtocol(request: ServiceRequest): AwsProtocol {
  const type = headerOf(request, 'content-type') ?? ''
  if (/json/.test(type)) return 'json'
  const labels = request.host.split('.')
  if (labels.includes('s3') || labels[0]?.startsWith('s3-')) return 's3'
  if (labels[0] === 'ec2') return 'ec2'
  return /x-www-form-urlencoded/.test(type) ? 'query' : 'json'
}

// Where a service says otherwise than AWS STS.
const ownCodes: Record<AwsProtocol, Partial<Record<MayflyError['code'], string>>> = {
  query: {},
  json: {
    REQUEST_CREDENTIAL: 'UnrecognizedClientException',
    REQUEST_CREDENTIAL_EXPIRED: 'ExpiredTokenException',
  },
  s3: { REQUEST_CREDENTIAL: 'InvalidAccessKeyId', REQUEST_UNSIGNED: 'AccessDenied' },
  ec2: { REQUEST_CREDENTIAL: 'AuthFailure', REQUEST_CREDENTIAL_EXPIRED: 'RequestExpired' },
}

interface AwsFailure {
  readonly status: number
  readonly code: string
  readonly text: string
}

function awsFailure(request: ServiceRequest, { status, code, text }: AwsFailure): StsResponse {
  const protocol = awsProtocol(request)
  if (protocol === 'json') return json(status, { __type: code, message: text }, { 'x-amzn-ErrorType': code })
  const error = `<Code>${code}</Code><Message>${escapeXml(text)}</Message>`
  const bodies = {
    s3: `<Error>${error}<RequestId>${request.id}</RequestId></Error>`,
    ec2: `<Response><Errors><Error>${error}</Error></Errors><RequestID>${request.id}</RequestID></Response>`,
    query: `<ErrorResponse><Error><Type>Sender</Type>${error}</Error><RequestId>${request.id}</RequestId></ErrorResponse>`,
  }
  return { status, headers: { 'Content-Type': 'text/xml' }, body: bodies[protocol] }
}

function json(status: number, body: unknown, headers: StsResponse['headers'] = {}): StsResponse {
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) }
}
