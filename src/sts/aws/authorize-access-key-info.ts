import { accountOfKeyId } from '../../wire/aws-ids.ts'
import { invalid } from '../../wire/aws-parameters.ts'
import type { AccessKeyInfoAsk, AwsIdentity, KeyAccountGrant, Ungranted } from '../ask.ts'
import type { Circumstances } from '../request.ts'
import type { Snapshot } from '../snapshot.ts'
import { checkOwnPermission } from './own-permission.ts'

/** A key ID says its account by itself, whether or not the key exists. */
export function authorizeAccessKeyInfo(
  { accessKeyId }: AccessKeyInfoAsk,
  identity: AwsIdentity,
  registered: Snapshot,
  circumstances: Circumstances,
): Ungranted<KeyAccountGrant> {
  checkOwnPermission({ action: 'sts:GetAccessKeyInfo' }, identity, registered, circumstances)
  const account = accountOfKeyId(accessKeyId)
  if (account === undefined) throw invalid(`The access key ID ${accessKeyId} is not valid.`)
  return { kind: 'key-account', account }
}
