import { MayflyError } from '../../errors.ts'
import { parseForm } from '../../wire/form.ts'
import type { GoogleIdentity, StsRequest, StsResponse } from '../ask.ts'
import type { Sts } from '../sts.ts'
import { holderOfAccessToken, principalName } from './access-token.ts'

/**
 * Google's token information, `GET|POST …/tokeninfo?access_token=…`. Google itself knows only service accounts' tokens
 * here; a federated token is told of too, without an e-mail address.
 * @see https://developers.google.com/identity/sign-in/web/backend-auth "tokeninfo"
 */
export function tokenInfo(request: StsRequest, sts: Sts): StsResponse {
  const identity = holder(request, 'access_token', sts)
  if (!identity) return json(400, { error: 'invalid_token', error_description: 'Invalid Value' })
  const { principal, scopes, expiresAtMs } = identity
  const account =
    principal.type === 'service-account' ? sts.registered().serviceAccount(principal.email) : undefined
  const subject = account?.uniqueId ?? principalName(identity)
  return json(200, {
    azp: subject,
    aud: subject,
    sub: subject,
    scope: scopes.join(' '),
    exp: String(Math.floor(expiresAtMs / 1000)),
    expires_in: String(Math.floor((expiresAtMs - sts.now()) / 1000)),
    ...(account && { email: account.email, email_verified: 'true' }),
    access_type: 'online',
  })
}

/** Introspection of Google STS (RFC 7662): what is not a live token of ours is just not active. */
export function introspect(request: StsRequest, sts: Sts): StsResponse {
  const identity = holder(request, 'token', sts)
  if (!identity) return json(200, { active: false })
  const { scopes, expiresAtMs } = identity
  return json(200, {
    active: true,
    scope: scopes.join(' '),
    username: principalName(identity),
    sub: principalName(identity),
    exp: Math.floor(expiresAtMs / 1000),
    iss: 'https://sts.googleapis.com/',
  })
}

function holder(request: StsRequest, parameter: string, sts: Sts): GoogleIdentity | undefined {
  try {
    const token = parseForm(request.query).get(parameter) ?? parseForm(request.body).get(parameter)
    const identity = token && holderOfAccessToken(token, { keys: sts.keys, nowMs: sts.now() })
    return identity && sts.registered().stands(identity.principal) ? identity : undefined
  } catch (error) {
    if (error instanceof MayflyError) return undefined
    throw error
  }
}

function json(status: number, body: unknown): StsResponse {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=UTF-8', 'Cache-Control': 'no-store' },
    body: JSON.stringify(body),
  }
}
