import { MayflyError } from '../../errors.ts'
import { Secret } from '../../secret.ts'
import { readJsonObject } from '../../wire/json.ts'
import type { Ask, Minted, StsRequest, StsResponse } from '../ask.ts'
import type { FrontEnd } from '../exchange.ts'
import { headerOf } from '../request.ts'
import { googleApiError } from './errors.ts'

/**
 * Google's IAM Service Account Credentials API: a token of a service account for who may impersonate it.
 * @see https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts
 */
export const googleIamCredentials: FrontEnd = { name: 'google-iam-credentials', parse, respond, refuse }

/** The paths of this API; the project is always `-`. */
export const iamCredentialsPath = /^\/v1\/projects\/-\/serviceAccounts\/([^/:]{1,256}):(\w{1,64})$/

type Body = Readonly<Record<string, unknown>>

function parse(request: StsRequest): Ask {
  const [, account = '', method] = iamCredentialsPath.exec(request.path) ?? []
  const bearer = bearerOf(request)
  const body = readJsonObject(Buffer.from(request.body || '{}'))
  if (!body) throw bad()
  const who = { serviceAccount: decoded(account), bearer, delegates: delegatesOf(body) }
  if (method === 'generateAccessToken')
    return {
      kind: 'GenerateAccessToken',
      ...who,
      scopes: scopesOf(body),
      lifetimeSeconds: lifetimeOf(body),
    }
  if (method === 'generateIdToken')
    return {
      kind: 'GenerateIdToken',
      ...who,
      audience: textOf(body, 'audience'),
      includeEmail: includesEmail(body),
    }
  throw unsupported(`the method ${method}`)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw bad()
  }
}

function bearerOf(request: StsRequest): Secret {
  const [, token] = /^Bearer ([\x21-\x7e]{1,16384})$/i.exec(headerOf(request, 'authorization') ?? '') ?? []
  if (token) return new Secret(token)
  throw new MayflyError('REQUEST_UNSIGNED', {
    message: 'the request carries no access token',
    hint: 'Send `Authorization: Bearer …` with the token that Google STS gave.',
  })
}

/** Far more than anybody needs; Google tells no limit. */
const mostDelegates = 100

const delegateName = /^projects\/-\/serviceAccounts\/([^/:\s]{1,256})$/

/** Each by its full name, in which the project is always `-`. */
function delegatesOf({ delegates = null }: Body): readonly string[] {
  if (delegates === null) return []
  if (!Array.isArray(delegates) || delegates.length > mostDelegates) throw bad()
  return delegates.map((each) => {
    const [, account] = typeof each === 'string' ? (delegateName.exec(each) ?? []) : []
    if (account === undefined) throw bad()
    return account
  })
}

function scopesOf({ scope }: Body): readonly string[] {
  if (!Array.isArray(scope) || scope.length === 0 || scope.length > 100) throw bad()
  if (!scope.every((each): each is string => typeof each === 'string' && /^[\x21-\x7e]+$/.test(each)))
    throw bad()
  return scope
}

/** Google's own limit, unless an organization policy lifts it. */
const longestSeconds = 3600

/** A protobuf Duration in JSON; absent or null is one hour. */
function lifetimeOf({ lifetime = null }: Body): number {
  if (lifetime === null || lifetime === '') return longestSeconds
  const [, digits] = typeof lifetime === 'string' ? (/^(\d{1,9})(?:\.\d{1,9})?s$/.exec(lifetime) ?? []) : []
  const seconds = Number(digits ?? 0)
  if (seconds <= 0) throw bad()
  if (seconds > longestSeconds)
    throw bad(`The access token lifetime cannot exceed ${longestSeconds} seconds.`)
  return seconds
}

function textOf(body: Body, name: string): string {
  const value = body[name]
  if (typeof value !== 'string' || value === '' || value.length > 2048) throw bad()
  return value
}

function includesEmail({ includeEmail = null }: Body): boolean {
  if (includeEmail !== null && typeof includeEmail !== 'boolean') throw bad()
  return includeEmail === true
}

function bad(text = 'Request contains an invalid argument.'): MayflyError {
  return new MayflyError('REQUEST_PARAMETER', { message: text, values: { text } })
}

function unsupported(what: string): MayflyError {
  const text = `Mayfly does not support ${what}.`
  return new MayflyError('REQUEST_UNSUPPORTED', { message: text, values: { text } })
}

function respond(minted: Minted): StsResponse {
  if (minted.kind === 'id-token') return json(200, { token: minted.token.reveal() })
  if (minted.kind !== 'access-token') throw new TypeError(`${minted.kind} is not Google's to give`)
  const expireTime = `${new Date(minted.grant.expiresAtMs).toISOString().slice(0, 19)}Z`
  return json(200, { accessToken: minted.token.reveal(), expireTime })
}

function refuse(error: unknown): StsResponse {
  const { status, body } = googleApiError(error)
  return json(status, body)
}

/** Pretty-printed, as Google's APIs answer. */
function json(status: number, body: unknown): StsResponse {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=UTF-8', 'Cache-Control': 'private' },
    body: `${JSON.stringify(body, null, 2)}\n`,
  }
}
