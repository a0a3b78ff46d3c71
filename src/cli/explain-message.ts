import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { MayflyError } from '../errors.ts'
import { defaultKeyFile } from '../keys/key-file.ts'
import { keysFromFile } from '../keys/key-ring.ts'
import { parseTrust, readTrustText } from '../registry/trust-file.ts'
import { type AuthorizationMessage, openAuthorizationMessage } from '../sts/aws/authorization-message.ts'
import { explainMessage as decisionBehind } from '../sts/aws/explain-message.ts'
import { compileSnapshot } from '../sts/snapshot.ts'
import type { Decision } from '../trust/decision.ts'
import { explainText } from '../trust/explain.ts'
import { printable } from '../wire/printable.ts'
import { exitCodes, type Io } from './command.ts'
import { unusable } from './failed.ts'
import { readFlags, usage } from './flags.ts'
import { table } from './output.ts'
import { textOfFile } from './text-of-file.ts'

/** Explains a refusal of a service by the encoded message in its answer. @returns the exit code */
export function explainMessage(args: readonly string[], io: Io): number {
  const wanted = read(args, io)
  try {
    const message = openMessage(wanted)
    const trust = parseTrust(
      readTrustText(wanted.trust.path, 'Name one with --trust FILE.', wanted.trust.name),
      wanted.trust.path,
    )
    const decision = decisionBehind(message, compileSnapshot(trust))
    io.out(wanted.json ? jsonOf(message, decision) : textOf(message, decision, io))
    return exitCodes.failed
  } catch (error) {
    return unusable(error, io)
  }
}

interface Wanted {
  readonly message: { readonly path: string; readonly name: string }
  readonly trust: { readonly path: string; readonly name: string }
  readonly keys: string
  readonly json: boolean
}

function read(args: readonly string[], { cwd }: Io): Wanted {
  const { values, positionals } = readFlags('explain', args, {
    message: { type: 'string', default: '' },
    trust: { type: 'string', default: 'trust.yaml' },
    keys: { type: 'string' },
    json: { type: 'boolean', default: false },
  })
  if (positionals.length > 0)
    throw usage('explain', `mayfly explain --message takes no ${JSON.stringify(positionals[0])}`)
  const file = (name: string) => ({ name, path: name === '-' ? name : resolve(cwd, name) })
  const { message, trust, keys, json } = values
  const keyFile = keys === undefined ? defaultKeyFile(resolve(cwd, trust)) : resolve(cwd, keys)
  return { message: file(message), trust: file(trust), keys: keyFile, json }
}

/** Of an answer that holds the message, its last word. @throws KEY_FILE, REQUEST_MESSAGE */
function openMessage({ message: { path, name }, keys }: Wanted): AuthorizationMessage {
  const text = textOfFile(path, name)
  if (!existsSync(keys))
    throw new MayflyError('KEY_FILE', {
      message: `there is no ${keys}`,
      hint: 'The keys of the token service read its messages: name them with --keys FILE, or its trust file with --trust FILE.',
    })
  const encoded = /\S+(?=\s*$)/.exec(text)?.[0] ?? ''
  const { sealing } = keysFromFile(keys, [])
  return JSON.parse(openAuthorizationMessage(encoded, sealing).message) as AuthorizationMessage
}

function jsonOf(message: AuthorizationMessage, { decision, checks, nearMiss }: Decision): string {
  return `${JSON.stringify({ decision, checks, nearMiss: nearMiss ?? null, message }, null, 2)}\n`
}

function textOf({ context, explicitDeny }: AuthorizationMessage, decision: Decision, io: Io): string {
  const { principal, action, resource, conditions } = context
  const rows = [
    ['action', action],
    ['target', resource],
    ['by', principal.arn],
    ['refused', explicitDeny ? 'by a statement that denies it' : 'as no statement allows it'],
    ...conditions.items.map(({ key, values }) => [key, values.items.map(({ value }) => value).join(', ')]),
  ]
  const known = rows.map(([label = '', text = '']) => [printable(label), printable(text)])
  return `${explainText(decision, { color: io.fancyOut ?? false })}\n${table(known)}`
}
