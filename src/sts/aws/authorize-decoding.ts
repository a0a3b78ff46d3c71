import type { AwsIdentity, DecodedMessageGrant, DecodeMessageAsk, Ungranted } from '../ask.ts'
import type { Circumstances } from '../request.ts'
import type { Snapshot } from '../snapshot.ts'
import { checkOwnPermission } from './own-permission.ts'

/** By the caller's own policies; the message has to be of the caller's account. */
export function authorizeDecoding(
  { encodedMessage }: DecodeMessageAsk,
  identity: AwsIdentity,
  registered: Snapshot,
  circumstances: Circumstances,
): Ungranted<DecodedMessageGrant> {
  checkOwnPermission({ action: 'sts:DecodeAuthorizationMessage' }, identity, registered, circumstances)
  return { kind: 'decoded-message', account: identity.account, encodedMessage }
}
