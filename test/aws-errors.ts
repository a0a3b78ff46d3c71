import assert from 'node:assert/strict'
import type { AwsCredentials } from '../src/credential.ts'
import { readXmlText } from '../src/wire/aws-query.ts'
import { signHeaders } from '../src/wire/sigv4.ts'
import { formRequest } from './trust-side.ts'

/** The codes that AWS's models have, with their HTTP statuses (botocore 1.44, `sts` and `iam`). */
export const modelled: Readonly<Record<string, number>> = {
  ConcurrentModification: 409,
  DeleteConflict: 409,
  EntityAlreadyExists: 409,
  ExpiredTokenException: 400,
  FeatureDisabled: 404,
  FeatureEnabled: 409,
  InvalidAuthorizationMessageException: 400,
  InvalidContextAssertion: 400,
  InvalidIdentityToken: 400,
  InvalidInput: 400,
  JWTPayloadSizeExceededException: 400,
  LimitExceeded: 409,
  MalformedPolicyDocument: 400,
  NoSuchEntity: 404,
  OutboundWebIdentityFederationDisabledException: 403,
  PackedPolicyTooLarge: 400,
  PolicyNotAttachable: 400,
  ServiceFailure: 500,
  SessionDurationEscalationException: 403,
  UnmodifiableEntity: 400,
}

/** Those that every operation may answer: the API references' "Common Errors", and what was recorded besides. */
export const common: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  ExpiredToken: 403,
  IncompleteSignature: 400,
  InternalFailure: 500,
  InvalidAction: 400,
  InvalidClientTokenId: 403,
  InvalidParameterValue: 400,
  MissingAuthenticationToken: 403,
  SignatureDoesNotMatch: 403,
  Throttling: 400,
  ValidationError: 400,
}

type Fields = Readonly<Record<string, string>>

/** A signed call over HTTP. @returns the status, and the code of the error */
export async function errorOf(
  url: string,
  { credentials, service, fields }: { credentials: AwsCredentials; service: string; fields: Fields },
): Promise<readonly [status: number, code: string | undefined]> {
  const request = formRequest('/', fields, [['Host', new URL(url).host]])
  const signing = { credentials, service, region: 'us-east-1', nowMs: Date.now() }
  const headers = [...request.headers, ...signHeaders(request, signing)]
  const sent = { method: 'POST', headers: headers.map(([...each]) => each), body: request.body as string }
  const answer = await fetch(url, sent as RequestInit)
  return [answer.status, readXmlText(await answer.text(), 'Code')]
}

/** Codes of one operation: those that its model lists, one text with blanks between. */
export type Listed = Readonly<Record<string, string>>

/** Codes that are listed and never answered, with the reason and the operations; `*` are all that list it. */
export type Never = readonly (readonly [code: string, operations: string, why: string])[]

/** That what was provoked, with what cannot arise, is all that the model lists: no more, no less, and nothing twice. */
export function assertComplete(listed: Listed, provoked: ReadonlySet<string>, never: Never): void {
  const pairs = Object.entries(listed).flatMap(([operation, codes]) =>
    codes.split(' ').flatMap((code) => (code === '' ? [] : [`${operation} ${code}`])),
  )
  const excused = never.flatMap(([code, operations]) =>
    pairs.filter((pair) => {
      const [operation = '', of] = pair.split(' ')
      return of === code && (operations === '*' || operations.split(' ').includes(operation))
    }),
  )
  const told = [...provoked, ...excused]
  assert.deepEqual({ missing: pairs.filter((each) => !told.includes(each)) }, { missing: [] })
  assert.deepEqual({ unlisted: told.filter((each) => !pairs.includes(each)) }, { unlisted: [] })
  assert.equal(new Set(told).size, told.length, 'what is said never to be answered was answered')
}
