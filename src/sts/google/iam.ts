import { hash } from 'node:crypto'
import type { GoogleCall, Members } from '../../admin/google-method.ts'
import { MayflyError } from '../../errors.ts'
import type { Registry } from '../../registry/registry.ts'
import { parseForm } from '../../wire/form.ts'
import { readJsonObject } from '../../wire/json.ts'
import type { StsRequest, StsResponse } from '../ask.ts'
import type { Sts } from '../sts.ts'
import { verifyBearer } from '../verify.ts'
import { principalName } from './access-token.ts'
import { authorizeIam } from './authorize-iam.ts'
import { bearerOf, json } from './iam-credentials.ts'
import { googleIamError } from './iam-errors.ts'
import { operationNamed, operationOf } from './iam-operation.ts'
import { type IamRoute, routeOf } from './iam-route.ts'

/**
 * Google's IAM API for pools, providers, service accounts and who may act as them, on one screen: verify → authorize →
 * carry out → respond, with the audit around it. It is authorized by what is registered when its turn to change that comes.
 * The record is kept before the change is.
 */
export async function googleIam(request: StsRequest, sts: Sts, registry: Registry): Promise<StsResponse> {
  const record = sts.audit.open(request, 'google-iam')
  try {
    sts.limits.arrived(request.from)
    const route = routeOf(request)
    const token = bearerOf(request).reveal()
    const asked = { action: route.name, target: request.path, proof: hash('sha256', token) }
    record.noted(asked)
    const holder = () => verifyBearer(token, sts.registered(), sts)
    const caller = principalName(holder())
    record.noted({ ...asked, who: { verified: true, principal: caller } })
    sts.limits.verified(() => ({ caller }))
    sts.limits.asked(route.name)
    const nowMs = sts.now()
    const result = await registry.change(
      (draft) => {
        const grant = authorizeIam(route, holder(), sts.registered(), nowMs)
        const call = { ...grant, ...calledWith(request), names: route.names, nowMs, draft }
        return carryOut(route, call, sts)
      },
      () => record.allowed(),
    )
    return json(200, result)
  } catch (error) {
    const { status, body } = googleIamError(await record.refused(error))
    return json(status, body)
  }
}

/** @throws REQUEST_INPUT */
function calledWith({ query, body }: StsRequest): Pick<GoogleCall, 'query' | 'body'> {
  const members = body === '' ? {} : readJsonObject(Buffer.from(body))
  if (members) return { query: parseForm(query), body: members }
  const text = 'Invalid JSON payload received.'
  throw new MayflyError('REQUEST_INPUT', { message: text, values: { text } })
}

function carryOut({ method, operationId }: IamRoute, call: GoogleCall, { keys }: Sts): Members {
  const result = method.run(call)
  if (operationId !== undefined) {
    const type = call.names.length > 1 ? 'WorkloadIdentityPoolProvider' : 'WorkloadIdentityPool'
    return operationNamed(operationId, type, result, keys.sealing)
  }
  return method.operation ? operationOf(method.operation, result, keys.sealing) : result
}
