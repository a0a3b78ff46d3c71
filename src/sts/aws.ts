import { MayflyError } from '../errors.ts'
import { Secret } from '../secret.ts'
import {
  awsTimestamp,
  faultNamespace,
  jsonError,
  jsonResponse,
  type QueryResult,
  xmlError,
  xmlResponse,
} from '../wire/aws-query.ts'
import { parseForm } from '../wire/form.ts'
import type { Ask, AwsSessionGrant, Minted, StsRequest, StsResponse } from './ask.ts'
import { awsError } from './aws-errors.ts'
import { checkParameters, checkRoleArn, constraints, invalid, type Parameters } from './aws-parameters.ts'
import { sessionArn } from './aws-session.ts'
import type { FrontEnd } from './exchange.ts'
import { headerOf } from './request.ts'

/**
 * AWS STS by the Query protocol: parameters in a form or a query, answers in XML or, where asked for, in JSON.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
 */
export const awsSts: FrontEnd = { name: 'aws-sts', parse, respond, refuse }

const version = '2011-06-15'

type Reader = (parameters: Parameters, request: StsRequest) => Ask

const actions: ReadonlyMap<string, Reader> = new Map([
  ['AssumeRoleWithWebIdentity', webIdentityAsk],
  ['AssumeRole', assumeRoleAsk],
  ['GetCallerIdentity', callerIdentityAsk],
])

function parse(request: StsRequest): Ask {
  const parameters = parametersOf(request)
  const action = parameters.get('Action') ?? ''
  const asked = parameters.get('Version') ?? ''
  const read = actions.get(action)
  if (!read || asked !== version)
    throw new MayflyError('REQUEST_ACTION', {
      message: `there is no operation ${JSON.stringify(action.slice(0, 64))} of version ${JSON.stringify(asked.slice(0, 32))}`,
      values: { action: action.slice(0, 64), version: asked.slice(0, 32) },
    })
  return read(parameters, request)
}

/** Of the query and of the form together; a name that is in both means nothing. */
function parametersOf({ query, body }: StsRequest): Parameters {
  if (query === '') return parseForm(body)
  if (body === '') return parseForm(query)
  return parseForm(`${query}&${body}`)
}

function webIdentityAsk(parameters: Parameters): Ask {
  const { roleArn, sessionName, token, durationSeconds } = constraints
  checkParameters(parameters, [roleArn, sessionName, token, durationSeconds])
  checkSupported(parameters, [roleArn, sessionName, token, durationSeconds])
  return {
    kind: 'AssumeRoleWithWebIdentity',
    ...sessionParameters(parameters),
    token: new Secret(parameters.get(token.name)!),
  }
}

function assumeRoleAsk(parameters: Parameters, request: StsRequest): Ask {
  const { roleArn, sessionName, durationSeconds, externalId } = constraints
  checkParameters(parameters, [roleArn, sessionName, durationSeconds, externalId])
  checkSupported(parameters, [roleArn, sessionName, durationSeconds, externalId])
  const given = parameters.get(externalId.name)
  return {
    kind: 'AssumeRole',
    ...sessionParameters(parameters),
    signed: request,
    ...(given !== undefined && { externalId: given }),
  }
}

function callerIdentityAsk(_: Parameters, request: StsRequest): Ask {
  return { kind: 'GetCallerIdentity', signed: request }
}

function sessionParameters(parameters: Parameters) {
  const arn = parameters.get('RoleArn')!
  checkRoleArn(arn)
  const seconds = parameters.get('DurationSeconds')
  return {
    roleArn: arn,
    sessionName: parameters.get('RoleSessionName')!,
    ...(seconds !== undefined && { durationSeconds: Number(seconds) }),
  }
}

/** Parameters that narrow or mark a session: without them it would be another than was asked for. */
const meaningful =
  /^(Policy|PolicyArns|Tags|TransitiveTagKeys|SourceIdentity|ProvidedContexts|SerialNumber|TokenCode|ProviderId)(\.|$)/

function checkSupported(parameters: Parameters, taken: readonly { readonly name: string }[]): void {
  for (const name of parameters.keys()) {
    if (taken.some((each) => each.name === name) || !meaningful.test(name)) continue
    const text = `Mayfly does not support the parameter ${name.slice(0, 64)}.`
    throw new MayflyError('REQUEST_UNSUPPORTED', { message: text, values: { text } })
  }
}

// ── answers ────────────────────────────────────────────────────────────────────────────────────────────

function respond(minted: Minted, request: StsRequest): StsResponse {
  const json = wantsJson(request)
  const { action, result } = resultOf(minted, json)
  const body = json ? jsonResponse(action, result, request.id) : xmlResponse(action, result, request.id)
  return answer(200, body, json, request.id)
}

function resultOf(minted: Minted, json: boolean): { action: string; result: QueryResult } {
  if (minted.kind === 'caller-identity') {
    const { userId, account, arn } = minted.grant.identity
    return { action: 'GetCallerIdentity', result: { UserId: userId, Account: account, Arn: arn } }
  }
  if (minted.kind !== 'aws-session') throw invalid(`${minted.kind} is not AWS's to give`)
  const { grant } = minted
  const result = {
    Credentials: {
      AccessKeyId: minted.accessKeyId,
      SecretAccessKey: minted.secretAccessKey.reveal(),
      SessionToken: minted.sessionToken.reveal(),
      Expiration: json ? grant.expiresAtMs / 1000 : awsTimestamp(grant.expiresAtMs),
    },
    SubjectFromWebIdentityToken: grant.web?.subject,
    AssumedRoleUser: assumedRoleUser(grant),
    Provider: grant.web?.provider,
    Audience: grant.web?.audience,
  }
  return { action: grant.web ? 'AssumeRoleWithWebIdentity' : 'AssumeRole', result }
}

function assumedRoleUser(grant: AwsSessionGrant) {
  return { AssumedRoleId: `${grant.roleId}:${grant.sessionName}`, Arn: sessionArn(grant) }
}

function refuse(error: unknown, request: StsRequest): StsResponse {
  const { status, type, code, text } = awsError(error)
  const json = wantsJson(request)
  const told = { type, code, message: text, requestId: request.id }
  const body = json ? jsonError(told) : xmlError(told, code === 'InvalidAction' ? faultNamespace : undefined)
  return answer(status, body, json, request.id)
}

function wantsJson(request: StsRequest): boolean {
  return headerOf(request, 'accept')?.includes('application/json') ?? false
}

function answer(status: number, body: string, json: boolean, requestId: string): StsResponse {
  return {
    status,
    headers: {
      'Content-Type': json ? 'application/json' : 'text/xml',
      'x-amzn-RequestId': requestId,
    },
    body: body,
  }
}
