import { MayflyError } from '../../errors.ts'
import type { Parameters } from '../../wire/aws-parameters.ts'
import type { QueryResult, QueryValue } from '../../wire/aws-query.ts'
import type { Ask, Minted, StsRequest } from '../ask.ts'

/** One operation of AWS STS: how its parameters become an ask, and how what was made becomes its answer. */
export interface AwsOperation {
  /** @throws REQUEST_PARAMETER with AWS's words, REQUEST_UNSUPPORTED for what it would have to leave out */
  parse(parameters: Parameters, request: StsRequest): Ask
  /** The members of its result, in AWS's order. */
  answer(minted: Minted, write: Writing): QueryResult
}

/** What differs between the forms of an answer. */
export interface Writing {
  /** ISO 8601 in XML, seconds since 1970 in JSON. */
  time(ms: number): string | number
}

/** What `mint` made, as the kind that this operation makes. */
export function mintedAs<Kind extends Minted['kind']>(
  kind: Kind,
  minted: Minted,
): Extract<Minted, { kind: Kind }> {
  if (minted.kind !== kind) throw new TypeError(`${minted.kind} was made, not ${kind}`)
  return minted as Extract<Minted, { kind: Kind }>
}

/** Operations that AWS STS has and this token service does not. */
const absent = ['AssumeRoleWithSAML', 'AssumeRoot', 'GetDelegatedAccessToken', 'GetScopedCredentials']

export function unknownOperation(action: string, version: string): MayflyError {
  if (absent.includes(action)) {
    const text = `Mayfly does not support the operation ${action}.`
    return new MayflyError('REQUEST_UNSUPPORTED', { message: text, values: { text } })
  }
  return new MayflyError('REQUEST_ACTION', {
    message: `there is no operation ${JSON.stringify(action.slice(0, 64))} of version ${JSON.stringify(version.slice(0, 32))}`,
    values: { action: action.slice(0, 64), version: version.slice(0, 32) },
  })
}

/** The `Credentials` of every answer that gives some. */
export function credentialsOf(
  { accessKeyId, secretAccessKey, sessionToken, grant }: Extract<Minted, { kind: 'aws-session' }>,
  { time }: Writing,
): QueryValue {
  return {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey.reveal(),
    SessionToken: sessionToken.reveal(),
    Expiration: time(grant.expiresAtMs),
  }
}

/** `SessionTokenSize`, for whoever asked for a minimum. */
export function tokenSizeOf({
  grant,
  sessionToken,
}: Extract<Minted, { kind: 'aws-session' }>): number | undefined {
  return grant.minimumTokenSize === undefined ? undefined : sessionToken.reveal().length
}
