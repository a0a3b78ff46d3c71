import {
  awsTimestamp,
  faultNamespace,
  jsonError,
  jsonResponse,
  xmlError,
  xmlResponse,
} from '../wire/aws-query.ts'
import { parseForm } from '../wire/form.ts'
import type { Ask, Minted, StsRequest, StsResponse } from './ask.ts'
import { assumeRole } from './aws-assume-role.ts'
import { assumeRoleWithWebIdentity } from './aws-assume-role-with-web-identity.ts'
import { decodeAuthorizationMessage } from './aws-decode-authorization-message.ts'
import { awsError } from './aws-errors.ts'
import { getAccessKeyInfo } from './aws-get-access-key-info.ts'
import { getCallerIdentity } from './aws-get-caller-identity.ts'
import { getFederationToken } from './aws-get-federation-token.ts'
import { getSessionToken } from './aws-get-session-token.ts'
import { getWebIdentityToken } from './aws-get-web-identity-token.ts'
import { type AwsOperation, unknownOperation, type Writing } from './aws-operation.ts'
import type { Parameters } from './aws-parameters.ts'
import type { FrontEnd } from './exchange.ts'
import { headerOf } from './request.ts'

/**
 * AWS STS by the Query protocol: parameters in a form or a query, answers in XML or, where asked for, in JSON.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
 */
export const awsSts: FrontEnd = { name: 'aws-sts', parse, respond, refuse }

const version = '2011-06-15'

const operations: ReadonlyMap<string, AwsOperation> = new Map([
  ['AssumeRole', assumeRole],
  ['AssumeRoleWithWebIdentity', assumeRoleWithWebIdentity],
  ['DecodeAuthorizationMessage', decodeAuthorizationMessage],
  ['GetAccessKeyInfo', getAccessKeyInfo],
  ['GetCallerIdentity', getCallerIdentity],
  ['GetFederationToken', getFederationToken],
  ['GetSessionToken', getSessionToken],
  ['GetWebIdentityToken', getWebIdentityToken],
])

function parse(request: StsRequest): Ask {
  const parameters = parametersOf(request)
  const action = parameters.get('Action') ?? ''
  const asked = parameters.get('Version') ?? ''
  const operation = operations.get(action)
  if (!operation || asked !== version) throw unknownOperation(action, asked)
  return operation.parse(parameters, request)
}

/** Of the query and of the form together; a name that is in both means nothing. */
function parametersOf({ query, body }: StsRequest): Parameters {
  if (query === '') return parseForm(body)
  if (body === '') return parseForm(query)
  return parseForm(`${query}&${body}`)
}

// ── answers ────────────────────────────────────────────────────────────────────────────────────────────

const xml: Writing = { time: awsTimestamp }
const json: Writing = { time: (ms) => ms / 1000 }

function respond(minted: Minted, request: StsRequest, { kind }: Ask): StsResponse {
  const inJson = wantsJson(request)
  const result = operations.get(kind)!.answer(minted, inJson ? json : xml)
  const body = inJson ? jsonResponse(kind, result, request.id) : xmlResponse(kind, result, request.id)
  return answer(200, body, inJson, request.id)
}

function refuse(error: unknown, request: StsRequest): StsResponse {
  const { status, type, code, text } = awsError(error)
  const inJson = wantsJson(request)
  const told = { type, code, message: text, requestId: request.id }
  const body = inJson
    ? jsonError(told)
    : xmlError(told, code === 'InvalidAction' ? faultNamespace : undefined)
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
    body: body,
  }
}
