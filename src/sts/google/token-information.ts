import { MayflyError } from '../../errors.ts'
import { parseForm } from '../../wire/form.ts'
import { checkJws, readJwt, verificationKey } from '../../wire/jws.ts'
import type { Claims, StsRequest, StsResponse } from '../ask.ts'
import { googleIssuer } from '../mint.ts'
import { headerOf } from '../request.ts'
import type { Sts } from '../sts.ts'
import { type AccessTokenRecord, liveToken, principalName } from './access-token.ts'
import { answerJson } from './answer-json.ts'

/** `/tokeninfo` and `/oauth2/v3/tokeninfo`; versions 1 and 2 have other names for the same. */
export const tokenInfoPath = /^(?:\/oauth2\/v([123]))?\/tokeninfo$/

/**
 * Google's token information, for an access token (by parameter, or as a bearer) and for an ID token. Google itself knows
 * only service accounts' tokens here; a federated token is told of too, without an e-mail address.
 * @see https://developers.google.com/identity/sign-in/web/backend-auth "tokeninfo"
 */
export function tokenInfo(request: StsRequest, sts: Sts): StsResponse {
  const [, version = '3'] = tokenInfoPath.exec(request.path) ?? []
  const told = version === '3' ? currentForm(request, sts) : earlierForm(request, sts)
  return told
    ? answerJson(200, told)
    : answerJson(400, { error: 'invalid_token', error_description: 'Invalid Value' })
}

type Told = Readonly<Record<string, unknown>>

function currentForm(request: StsRequest, sts: Sts): Told | undefined {
  const { access, id } = presented(request, sts)
  // Claims are texts in this answer, whatever they are in the token.
  if (id) return Object.fromEntries(Object.entries(id).map(([name, value]) => [name, String(value)]))
  if (!access) return undefined
  const { subject, email, expiresIn } = holderOf(access, sts)
  return {
    azp: subject,
    aud: subject,
    ...(email !== undefined && { sub: subject }),
    scope: access.scopes.join(' '),
    exp: String(Math.floor(access.expiresAtMs / 1000)),
    expires_in: String(expiresIn),
    ...(email !== undefined && { email, email_verified: 'true' }),
    access_type: 'online',
  }
}

function earlierForm(request: StsRequest, sts: Sts): Told | undefined {
  const { access, id } = presented(request, sts)
  if (id)
    return {
      issuer: id.iss,
      issued_to: id.azp,
      audience: id.aud,
      user_id: id.sub,
      expires_in: Number(id.exp) - Math.floor(sts.now() / 1000),
      issued_at: id.iat,
      ...('email' in id && { email: id.email, email_verified: id.email_verified }),
    }
  if (!access) return undefined
  const { subject, email, expiresIn } = holderOf(access, sts)
  return {
    issued_to: subject,
    audience: subject,
    ...(email !== undefined && { user_id: subject }),
    scope: access.scopes.join(' '),
    expires_in: expiresIn,
    ...(email !== undefined && { email, verified_email: true }),
    access_type: 'online',
  }
}

/** With one of these scopes a token tells whose it is. */
const emailScopes = ['https://www.googleapis.com/auth/userinfo.email', 'email']

function holderOf(record: AccessTokenRecord, sts: Sts) {
  const { principal, scopes, expiresAtMs } = record
  const account =
    principal.type === 'service-account' ? sts.registered().serviceAccount(principal.email) : undefined
  return {
    subject: account?.uniqueId ?? principalName(record),
    email: emailScopes.some((each) => scopes.includes(each)) ? account?.email : undefined,
    expiresIn: Math.floor((expiresAtMs - sts.now()) / 1000),
  }
}

/** What was presented, if it holds: an access token, or the header and claims of an ID token. */
function presented(request: StsRequest, sts: Sts): { access?: AccessTokenRecord; id?: Told } {
  try {
    const [query, form] = [parseForm(request.query), parseForm(request.body)]
    const parameter = (name: string) => query.get(name) ?? form.get(name)
    const idToken = parameter('id_token')
    if (idToken !== undefined) return { id: ownIdToken(idToken, sts) }
    const access = liveToken(parameter('access_token') ?? bearerOf(request) ?? '', sts)
    return access ? { access } : {}
  } catch (error) {
    if (error instanceof MayflyError) return {}
    throw error
  }
}

/** Google's library for Node sends the token so. */
function bearerOf(request: StsRequest): string | undefined {
  return /^Bearer (\S+)$/i.exec(headerOf(request, 'authorization') ?? '')?.[1]
}

/** @throws PROOF_* when it is not one that we signed, or its time is over */
function ownIdToken(token: string, { keys, now }: Sts): Claims {
  const jwt = readJwt(token)
  const jwk = keys.jwks(googleIssuer)?.find((each) => each.kid === jwt.header.kid)
  const key = jwk && verificationKey(jwk)
  if (!key) throw new MayflyError('PROOF_KEY', { message: 'the ID token is not signed by a key of ours' })
  checkJws(jwt, key)
  if (Number(jwt.claims.exp) * 1000 <= now())
    throw new MayflyError('PROOF_EXPIRED', { message: 'the ID token has expired' })
  return { ...jwt.claims, alg: jwt.header.alg, kid: jwt.header.kid, typ: jwt.header.typ }
}
