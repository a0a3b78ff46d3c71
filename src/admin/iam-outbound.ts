import { MayflyError } from '../errors.ts'
import { keyOf } from '../registry/entries.ts'
import { outboundIssuer } from '../wire/outbound-issuer.ts'
import type { IamCall, IamOperation, IamOperations } from './iam-operation.ts'
import { onAll } from './iam-target.ts'

/** Whether an account signs tokens by which its identities prove themselves to others: GetWebIdentityToken of STS. */
const settingOf = (account: string) => keyOf('aws', account, 'setting', 'outboundWebIdentityFederation')

function isOn({ account, draft }: IamCall): boolean {
  return draft.get(settingOf(account))?.document === true
}

const enable: IamOperation = {
  wanted: [],
  target: onAll(),
  run(call) {
    if (isOn(call)) throw switched(true)
    call.draft.put(settingOf(call.account), true)
    return { IssuerIdentifier: outboundIssuer(call.account) }
  },
}

const disable: IamOperation = {
  wanted: [],
  target: onAll(),
  run(call) {
    if (!isOn(call)) throw switched(false)
    call.draft.put(settingOf(call.account), false)
  },
}

const info: IamOperation = {
  wanted: [],
  target: onAll(),
  run(call) {
    if (!isOn(call)) throw switched(false)
    return { IssuerIdentifier: outboundIssuer(call.account), JwtVendingEnabled: true }
  },
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableOutboundWebIdentityFederation.html */
export const outbound: IamOperations = {
  EnableOutboundWebIdentityFederation: enable,
  DisableOutboundWebIdentityFederation: disable,
  GetOutboundWebIdentityFederationInfo: info,
}

function switched(on: boolean): MayflyError {
  const text = `Outbound web identity federation is already ${on ? 'enabled' : 'disabled'} for this account`
  return new MayflyError('REGISTRY_SWITCH', { message: text, values: { text, on: String(on) } })
}
