import type { Ask, Minted, StsRequest, StsResponse } from '../ask.ts'
import type { FrontEnd } from '../exchange.ts'
import { assumeRole } from './assume-role.ts'
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts'
import { decodeAuthorizationMessage } from './decode-authorization-message.ts'
import { awsError } from './errors.ts'
import { getAccessKeyInfo } from './get-access-key-info.ts'
import { getCallerIdentity } from './get-caller-identity.ts'
import { getFederationToken } from './get-federation-token.ts'
import { getSessionToken } from './get-session-token.ts'
import { getWebIdentityToken } from './get-web-identity-token.ts'
import { type AwsOperation, unknownOperation } from './operation.ts'
import { errorAnswer, parametersOf, resultAnswer, writingFor } from './protocol.ts'

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

function respond(minted: Minted, request: StsRequest, { kind }: Ask): StsResponse {
  return resultAnswer(kind, operations.get(kind)!.answer(minted, writingFor(request)), request)
}

function refuse(error: unknown, request: StsRequest): StsResponse {
  return errorAnswer(awsError(error), request)
}
