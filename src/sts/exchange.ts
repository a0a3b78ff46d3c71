import type { Ask, Minted, StsRequest, StsResponse } from './ask.ts'
import { authorize } from './authorize.ts'
import { mint } from './mint.ts'
import { whoOf } from './operator/limits.ts'
import { circumstancesOf } from './request.ts'
import type { Sts } from './sts.ts'
import { verify } from './verify.ts'

/** One cloud's wire protocol: how its requests are read and its answers written. */
export interface FrontEnd {
  readonly name: string
  /** @throws REQUEST_*, PROOF_MALFORMED for what this protocol cannot mean */
  parse(request: StsRequest): Ask
  respond(minted: Minted, request: StsRequest, ask: Ask): StsResponse
  /** The vendor's own words for a failure: its code, status and text, and nothing that only the operator may know. */
  refuse(error: unknown, request: StsRequest, nowMs: number): StsResponse
}

/** The trust side on one screen: parse → verify → authorize → mint → respond, with the audit around it. */
export async function exchange(request: StsRequest, frontEnd: FrontEnd, sts: Sts): Promise<StsResponse> {
  const record = sts.audit.open(request, frontEnd.name)
  try {
    sts.limits.arrived(request.from)
    // One and the same trust for both: what is registered may change while a token is verified.
    const registered = sts.registered()
    const ask = record.asked(frontEnd.parse(request))
    sts.limits.asked(ask.kind)
    const verified = record.verified(await verify(ask, registered, sts))
    sts.limits.verified(() => whoOf(verified))
    const grant = authorize(verified, registered, circumstancesOf(request, sts.now()))
    const minted = mint(grant, sts.keys, sts.now())
    await record.allowed(minted)
    return frontEnd.respond(minted, request, ask)
  } catch (error) {
    return frontEnd.refuse(await record.refused(error), request, sts.now())
  }
}
