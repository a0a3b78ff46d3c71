import type { Registry } from '../registry/registry.ts'
import type { StsRequest, StsResponse } from './ask.ts'
import { authorizeAdmin } from './authorize.ts'
import { carryOut, parseIam, refuseIam, respondIam } from './aws/iam.ts'
import { whoOf } from './operator/limits.ts'
import { circumstancesOf } from './request.ts'
import type { Sts } from './sts.ts'
import { verifyAdmin } from './verify.ts'

/**
 * An admin call on one screen: parse → verify → authorize → carry out → respond, with the audit around it. It is
 * authorized on the draft that it changes: by what is registered when its turn comes. The record is kept before the change
 * is: where auditing is required, nothing changes without it.
 */
export async function administer(request: StsRequest, sts: Sts, registry: Registry): Promise<StsResponse> {
  const record = sts.audit.open(request, 'aws-iam')
  try {
    sts.limits.arrived(request.from)
    const ask = record.asked(parseIam(request))
    sts.limits.asked(ask.action)
    const verified = record.verified(verifyAdmin(ask, sts.registered(), sts))
    sts.limits.verified(() => whoOf(verified))
    const nowMs = sts.now()
    const circumstances = circumstancesOf(request, nowMs)
    const result = await registry.change(
      (draft) => {
        const grant = authorizeAdmin(verified, sts.registered(), draft, circumstances)
        return carryOut(grant, { draft, nowMs, request })
      },
      () => record.allowed(),
    )
    return respondIam(ask, result, request)
  } catch (error) {
    return refuseIam(await record.refused(error), request)
  }
}
