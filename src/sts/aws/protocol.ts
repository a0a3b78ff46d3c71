import type { Parameters } from '../../wire/aws-parameters.ts'
import {
  faultNamespace,
  jsonError,
  jsonResponse,
  type QueryResult,
  xmlError,
  xmlResponse,
} from '../../wire/aws-query.ts'
import { parseForm } from '../../wire/form.ts'
import { isoSecond } from '../../wire/iso-time.ts'
import type { StsRequest, StsResponse } from '../ask.ts'
import { headerOf } from '../request.ts'
import type { AwsError } from './errors.ts'
import type { Writing } from './operation.ts'

// The Query protocol as STS and IAM have it alike: parameters in a form or a query, answers in XML or, where asked
// for, in JSON.

/** Of the query and of the form together; a name that is in both means nothing. */
export function parametersOf({ query, body }: StsRequest): Parameters {
  if (query === '') return parseForm(body)
  if (body === '') return parseForm(query)
  return parseForm(`${query}&${body}`)
}

const xml: Writing = { time: isoSecond }
const json: Writing = { time: (ms) => ms / 1000 }

/** In the form that the request asks for. */
export function writingFor(request: StsRequest): Writing {
  return wantsJson(request) ? json : xml
}

/** The answer of an operation; some have no result. */
export function resultAnswer(
  action: string,
  result: QueryResult | undefined,
  request: StsRequest,
  namespace?: string,
): StsResponse {
  const inJson = wantsJson(request)
  const body = inJson
    ? jsonResponse(action, result, request.id)
    : xmlResponse(action, result, request.id, namespace)
  return answer(200, body, inJson, request.id)
}

/** A failure in AWS's words. */
export function errorAnswer(
  { status, type, code, text }: AwsError,
  request: StsRequest,
  namespace?: string,
): StsResponse {
  const inJson = wantsJson(request)
  const told = { type, code, message: text, requestId: request.id }
  const body = inJson
    ? jsonError(told)
    : xmlError(told, code === 'InvalidAction' ? faultNamespace : namespace)
  return answer(status, body, inJson, request.id)
}

function wantsJson(request: StsRequest): boolean {
  return headerOf(request, 'accept')?.includes('application/json') ?? false
}

function answer(status: number, body: string, inJson: boolean, requestId: string): StsResponse {
  return {
    status,
    headers: {
      'Content-Type': inJson ? 'application/json' : 'text/xml',
      'x-amzn-RequestId': requestId,
    },
    body,
  }
}
