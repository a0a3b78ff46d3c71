import { MayflyError } from '../../errors.ts'
import type { AwsIdentity, Verified } from '../ask.ts'

type Kind = Verified['kind']

/** What sessions of users may call at all, by the API reference of GetSessionToken and GetFederationToken. */
const callable: Readonly<Partial<Record<AwsIdentity['credential'], readonly Kind[]>>> = {
  'user-session': ['AssumeRole', 'GetCallerIdentity', 'TokenExchange'],
  'federated-user': ['GetCallerIdentity', 'TokenExchange'],
}

const permanentOnly: readonly Kind[] = ['GetSessionToken', 'GetFederationToken']

/** @throws TRUST_CREDENTIAL when an operation does not take what it was signed with */
export function checkCallable(kind: Kind, { arn, credential }: AwsIdentity): void {
  if (permanentOnly.includes(kind) && credential !== 'user')
    throw refused(arn, kind, `Cannot call ${kind} with session credentials`)
  if (callable[credential]?.includes(kind) === false)
    throw refused(arn, kind, `User: ${arn} is not authorized to perform: sts:${kind}`)
}

function refused(arn: string, kind: Kind, text: string): MayflyError {
  return new MayflyError('TRUST_CREDENTIAL', {
    message: `the credentials of ${arn} are not taken by ${kind}`,
    values: { text },
  })
}
