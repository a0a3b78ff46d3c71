import { MayflyError } from '../../errors.ts'
import { readJsonObject } from '../../wire/json.ts'
import { tokenSeconds } from './lifetime.ts'

// The members of a body of `iamcredentials.googleapis.com`. Absent and null are the same, as in every protobuf in JSON.

export type Body = Readonly<Record<string, unknown>>

/** @throws REQUEST_PARAMETER, as every function here */
export function readBody(text: string): Body {
  return readJsonObject(Buffer.from(text || '{}')) ?? refused()
}

/** Far more than anybody needs; Google tells no limit. */
const mostDelegates = 100
const delegateName = /^(?:projects\/-\/serviceAccounts\/)?([^/:\s]{1,256})$/

/** Each by its full name, in which the project is always `-`. Google takes a bare e-mail address too, whatever its document says. */
export function delegatesOf({ delegates = null }: Body): readonly string[] {
  if (delegates === null) return []
  if (!Array.isArray(delegates) || delegates.length > mostDelegates) return refused()
  return delegates.map((each) => {
    const [, account] = typeof each === 'string' ? (delegateName.exec(each) ?? []) : []
    return account ?? refused()
  })
}

export function scopesOf({ scope }: Body): readonly string[] {
  if (!Array.isArray(scope) || scope.length === 0 || scope.length > 100) return refused()
  const isScope = (each: unknown): each is string => typeof each === 'string' && /^[\x21-\x7e]+$/.test(each)
  return scope.every(isScope) ? scope : refused()
}

/** A protobuf Duration in JSON; without one, an hour. */
export function lifetimeOf({ lifetime = null }: Body): number {
  if (lifetime === null || lifetime === '') return tokenSeconds
  const [, digits] = typeof lifetime === 'string' ? (/^(\d{1,9})(?:\.\d{1,9})?s$/.exec(lifetime) ?? []) : []
  const seconds = Number(digits ?? 0)
  return seconds > 0 ? seconds : refused()
}

export function textOf(body: Body, name: string): string {
  const value = body[name]
  return typeof value === 'string' && value !== '' && value.length <= 2048 ? value : refused()
}

/** Python's library writes it as a text, and Google takes it. */
export function isSet(body: Body, name: string): boolean {
  const value = body[name] ?? false
  if (typeof value === 'boolean') return value
  return value === 'true' ? true : value === 'false' ? false : refused()
}

/** Bytes in base64, of either alphabet, with padding or without. */
export function bytesOf({ payload }: Body): Buffer {
  const isBase64 = typeof payload === 'string' && /^(?:[\w+/-]{4})*(?:[\w+/-]{2,3}={0,2})?$/.test(payload)
  return isBase64 && payload !== '' ? Buffer.from(payload, 'base64') : refused()
}

/** Claims as JSON in a text: what is signed is this text, character for character. */
export function claimsOf({ payload }: Body): { readonly payload: string; readonly claims: Body } {
  if (typeof payload !== 'string') return refused()
  return { payload, claims: readJsonObject(Buffer.from(payload)) ?? refused() }
}

function refused(): never {
  const text = 'Request contains an invalid argument.'
  throw new MayflyError('REQUEST_PARAMETER', { message: text, values: { text } })
}
