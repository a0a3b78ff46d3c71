import { MayflyError } from '../../errors.ts'
import type { Keys, Sealing } from '../../keys/keys.ts'
import { type AwsRequest, denying } from '../../trust/aws-evaluate.ts'
import type { Statement } from '../../trust/aws-policy.ts'
import type { AwsIdentity } from '../ask.ts'
import type { Snapshot } from '../snapshot.ts'
import { type PermissionQuestion, requestOf } from './evaluate-permissions.ts'
import { permissionsOf } from './permissions.ts'

const purpose = 'aws-authorization-message'
/** What DecodeAuthorizationMessage takes. */
const longestCharacters = 10_240
/** AWS says that messages expire, and not when. */
const lifetimeMs = 24 * 60 * 60_000

/**
 * Why a request was refused, for whoever may know: sealed, for an answer such as EC2's `You are not authorized to perform
 * this operation. Encoded authorization failure message: …`. sts:DecodeAuthorizationMessage reads it, for a day, to callers
 * of the same account.
 */
export function encodeAuthorizationMessage(
  identity: AwsIdentity,
  registered: Snapshot,
  question: PermissionQuestion,
  { sealing }: Pick<Keys, 'sealing'>,
): string {
  const { nowMs = Date.now() } = question
  const request = requestOf(identity, registered, { ...question, nowMs })
  const { identity: own, boundary = [], session = [] } = permissionsOf(identity, registered)
  const statements = denying([...own, ...boundary, ...session], request)
  const seal = (message: object) =>
    sealing.seal(purpose, JSON.stringify([identity.account, nowMs + lifetimeMs, JSON.stringify(message)]))
  const whole = seal(messageOf(identity, request, statements))
  // What a service puts into keys may be long: the rest is worth having without them.
  return whole.length <= longestCharacters
    ? whole
    : seal(messageOf(identity, { ...request, keys: new Map() }, statements))
}

/**
 * The message as JSON text.
 * @throws REQUEST_MESSAGE when it is not ours, of another account, or too old
 */
export function readAuthorizationMessage(
  encoded: string,
  {
    account,
    sealing,
    nowMs,
  }: { readonly account: string; readonly sealing: Sealing; readonly nowMs: number },
): string {
  const { account: of, expiresAtMs, message } = openAuthorizationMessage(encoded, sealing)
  if (of !== account) throw invalidMessage(`is of the account ${of}, and the caller of ${account}`)
  if (expiresAtMs <= nowMs) throw invalidMessage(`expired at ${new Date(expiresAtMs).toISOString()}`)
  return message
}

/** The same for whoever has the keys: of any account, however old. @throws REQUEST_MESSAGE when it is not ours */
export function openAuthorizationMessage(
  encoded: string,
  sealing: Sealing,
): { readonly account: string; readonly expiresAtMs: number; readonly message: string } {
  const record = sealing.unseal(purpose, encoded)
  if (record === undefined) throw invalidMessage("is not this token service's, or was altered")
  const [account, expiresAtMs, message] = JSON.parse(record) as [string, number, string]
  return { account, expiresAtMs, message }
}

function invalidMessage(why: string): MayflyError {
  return new MayflyError('REQUEST_MESSAGE', { message: `the authorization message ${why}` })
}

// ── the JSON of AWS, by decoded messages in issue threads ──────────────────────────────────────────────

interface Items<Item> {
  readonly items: readonly Item[]
}

interface MessageCondition {
  readonly key: string
  readonly values: Items<{ readonly value: string }>
}

/** What a message says, as AWS spells it. */
export interface AuthorizationMessage {
  readonly allowed: false
  readonly explicitDeny: boolean
  readonly matchedStatements: Items<object>
  readonly failures: Items<object>
  readonly context: {
    readonly principal: { readonly id: string; readonly name?: string; readonly arn: string }
    readonly action: string
    readonly resource: string
    readonly conditions: Items<MessageCondition>
  }
}

function messageOf(
  { arn, userId, credential }: AwsIdentity,
  { action, resource = '*', keys }: AwsRequest,
  statements: readonly Statement[],
): AuthorizationMessage {
  return {
    allowed: false,
    explicitDeny: statements.length > 0,
    matchedStatements: items(statements.map((each) => statementOf(each, userId))),
    failures: items([]),
    context: {
      principal: {
        id: userId,
        ...(credential === 'user' && { name: arn.slice(arn.lastIndexOf('/') + 1) }),
        arn,
      },
      action,
      resource,
      conditions: items([...keys].map(([key, value]) => conditionOf(key, [value].flat()))),
    },
  }
}

function statementOf(
  { sid = '', effect, actions, resources, conditions }: Statement,
  userId: string,
): object {
  return {
    statementId: sid,
    effect: effect.toUpperCase(),
    principals: valuesOf([userId.split(':')[0]!]),
    principalGroups: items([]),
    actions: valuesOf(actions.listed),
    resources: valuesOf(resources?.listed ?? []),
    conditions: items(conditions.map(({ key, expected }) => conditionOf(key, expected))),
  }
}

function conditionOf(key: string, values: readonly string[]): MessageCondition {
  return { key, values: valuesOf(values) }
}

function valuesOf(values: readonly string[]): Items<{ readonly value: string }> {
  return items(values.map((value) => ({ value })))
}

function items<Item>(list: readonly Item[]): Items<Item> {
  return { items: list }
}
