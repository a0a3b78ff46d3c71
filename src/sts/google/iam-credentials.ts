import { MayflyError } from '../../errors.ts'
import { Secret } from '../../secret.ts'
import { isoSecond } from '../../wire/iso-time.ts'
import type { AccessTokenGrant, Ask, ImpersonationAsk, Minted, StsRequest, StsResponse } from '../ask.ts'
import type { FrontEnd } from '../exchange.ts'
import { headerOf } from '../request.ts'
import {
  type Body,
  bytesOf,
  claimsOf,
  delegatesOf,
  isSet,
  lifetimeOf,
  readBody,
  scopesOf,
  textOf,
} from './credential-body.ts'
import { googleApiError } from './errors.ts'

/**
 * Google's IAM Service Account Credentials API: tokens and signatures of a service account for who may impersonate it.
 * @see https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts
 */
export const googleIamCredentials: FrontEnd = { name: 'google-iam-credentials', parse, respond, refuse }

/** The paths of this API; the project is always `-`. */
export const iamCredentialsPath = /^\/v1\/projects\/-\/serviceAccounts\/([^/:]{1,256}):(\w{1,64})$/

function parse(request: StsRequest): Ask {
  const [, account = '', method = ''] = iamCredentialsPath.exec(request.path) ?? []
  const read = Object.hasOwn(methods, method) ? methods[method] : undefined
  if (!read) throw unsupported(`the method ${method}`)
  const bearer = bearerOf(request)
  const body = readBody(request.body)
  return read({ serviceAccount: decoded(account), bearer, delegates: delegatesOf(body) }, body)
}

type Who = Pick<ImpersonationAsk, 'serviceAccount' | 'bearer' | 'delegates'>

const methods: Readonly<Record<string, (who: Who, body: Body) => ImpersonationAsk>> = {
  generateAccessToken: (who, body) => ({
    kind: 'GenerateAccessToken',
    ...who,
    scopes: scopesOf(body),
    lifetimeSeconds: lifetimeOf(body),
  }),
  generateIdToken: (who, body) => ({
    kind: 'GenerateIdToken',
    ...who,
    audience: textOf(body, 'audience'),
    includeEmail: isSet(body, 'includeEmail'),
    useEmailAzp: isSet(body, 'useEmailAzp'),
  }),
  signBlob: (who, body) => ({ kind: 'SignBlob', ...who, payload: bytesOf(body) }),
  signJwt: (who, body) => ({ kind: 'SignJwt', ...who, ...claimsOf(body) }),
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // What cannot be read names no account.
    return text
  }
}

/** @throws REQUEST_UNSIGNED */
export function bearerOf(request: StsRequest): Secret {
  const [, token] = /^Bearer ([\x21-\x7e]{1,16384})$/i.exec(headerOf(request, 'authorization') ?? '') ?? []
  if (token) return new Secret(token)
  throw new MayflyError('REQUEST_UNSIGNED', {
    message: 'the request carries no access token',
    hint: 'Send `Authorization: Bearer …` with the token that Google STS gave.',
  })
}

function unsupported(what: string): MayflyError {
  const text = `Mayfly does not support ${what}.`
  return new MayflyError('REQUEST_UNSUPPORTED', { message: text, values: { text } })
}

function respond(minted: Minted): StsResponse {
  switch (minted.kind) {
    case 'access-token':
      return json(200, { accessToken: minted.token.reveal(), expireTime: expireTime(minted.grant) })
    case 'id-token':
      return json(200, { token: minted.token.reveal() })
    case 'signed-blob':
      return json(200, { keyId: minted.keyId, signedBlob: minted.signature })
    case 'signed-jwt':
      return json(200, { keyId: minted.keyId, signedJwt: minted.token.reveal() })
    default:
      throw new TypeError(`${minted.kind} is not Google's to give`)
  }
}

/** RFC 3339, in whole seconds. */
function expireTime({ expiresAtMs }: AccessTokenGrant): string {
  return isoSecond(expiresAtMs)
}

function refuse(error: unknown): StsResponse {
  const { status, body } = googleApiError(error)
  return json(status, body)
}

/** Pretty-printed, as Google's APIs answer. */
export function json(status: number, body: unknown): StsResponse {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=UTF-8', 'Cache-Control': 'private' },
    body: `${JSON.stringify(body, null, 2)}\n`,
  }
}
