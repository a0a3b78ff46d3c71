import { iamOperations } from '../../admin/iam.ts'
import type { IamOperation } from '../../admin/iam-operation.ts'
import type { Draft } from '../../registry/registry.ts'
import { checkConstraints, type Parameters, wantedOf } from '../../wire/aws-parameters.ts'
import { iamNamespace, type QueryResult } from '../../wire/aws-query.ts'
import type { AdminGrant, IamAsk, StsRequest, StsResponse } from '../ask.ts'
import { iamError } from './errors.ts'
import { unknownOperation } from './operation.ts'
import { notSupported } from './parameters.ts'
import { errorAnswer, parametersOf, resultAnswer, writingFor } from './protocol.ts'

const version = '2010-05-08'

/** Whether a request is one for IAM, which shares its path and method with STS. */
export function isIam({ host, query, body }: StsRequest): boolean {
  return (
    host.startsWith('iam.') || body.includes(`Version=${version}`) || query.includes(`Version=${version}`)
  )
}

/** @throws REQUEST_ACTION, REQUEST_PARAMETER, REQUEST_UNSUPPORTED */
export function parseIam(request: StsRequest): IamAsk {
  const sent = parametersOf(request)
  const action = sent.get('Action') ?? ''
  const asked = sent.get('Version') ?? ''
  const operation = iamOperations.get(action)
  if (!operation || asked !== version) throw unknownOperation(action, asked)
  // What the operation does not take has no effect on anything that follows.
  const parameters = wantedOf(sent, operation.wanted)
  checkConstraints(parameters, operation.wanted)
  refuseUnsupported(sent, operation)
  return { kind: 'IamCall', signed: request, action, parameters }
}

function refuseUnsupported(sent: Parameters, { unsupported = [] }: IamOperation): void {
  for (const full of sent.keys()) if (unsupported.includes(full.split('.', 1)[0]!)) throw notSupported(full)
}

/** Does what was permitted, on a draft of what is registered. @throws what the operation throws */
export function carryOut(
  { account, ask }: AdminGrant,
  { draft, nowMs, request }: { readonly draft: Draft; readonly nowMs: number; readonly request: StsRequest },
): QueryResult | undefined {
  const operation = iamOperations.get(ask.action) as IamOperation
  const { time } = writingFor(request)
  return operation.run({ account, parameters: ask.parameters, draft, nowMs, time }) ?? undefined
}

export function respondIam(
  { action }: IamAsk,
  result: QueryResult | undefined,
  request: StsRequest,
): StsResponse {
  return resultAnswer(action, result, request, iamNamespace)
}

export function refuseIam(error: unknown, request: StsRequest): StsResponse {
  return errorAnswer(iamError(error), request, iamNamespace)
}
