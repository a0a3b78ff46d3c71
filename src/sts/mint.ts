import { randomBytes, randomUUID, sign } from 'node:crypto'
import { serviceAccountClaims } from '../issuer/google-service-account.ts'
import type { Keys } from '../keys/keys.ts'
import { Secret } from '../secret.ts'
import { sessionKeyId } from '../wire/aws-ids.ts'
import { signJws, signJwt } from '../wire/jws.ts'
import type {
  AccessTokenGrant,
  AwsSessionGrant,
  DecodedMessageGrant,
  EntraTokenGrant,
  Grant,
  IdTokenGrant,
  Minted,
  SignedBlobGrant,
  SignedJwtGrant,
  WebIdentityTokenGrant,
} from './ask.ts'
import { readAuthorizationMessage } from './aws/authorization-message.ts'
import { newSecretAccessKey, sealSession } from './aws/session.ts'
import { sealAccessToken } from './google/access-token.ts'
import { makeAccessToken } from './oauth/access-token.ts'

/** Who signs the ID tokens of service accounts: an issuer of ours, by Google's name. */
export const googleIssuer = 'https://accounts.google.com'

/**
 * Makes what was granted. Nothing is kept: a session and an access token of Google are sealed records, all others JWTs.
 * @throws REQUEST_MESSAGE when an authorization message cannot be read
 */
export function mint(grant: Grant, keys: Keys, nowMs: number): Minted {
  switch (grant.kind) {
    case 'aws-session':
      return awsSession(grant, keys, nowMs)
    case 'caller-identity':
      return { kind: grant.kind, grant }
    case 'key-account':
      return { kind: grant.kind, grant }
    case 'decoded-message':
      return { kind: grant.kind, grant, message: decoded(grant, keys, nowMs) }
    case 'web-identity-token':
      return webIdentityToken(grant, keys, nowMs)
    case 'access-token':
      return accessToken(grant, keys, nowMs)
    case 'id-token':
      return idToken(grant, keys, nowMs)
    case 'signed-blob':
      return signedBlob(grant, keys)
    case 'signed-jwt':
      return signedJwt(grant, keys)
    case 'entra-token':
      return entraToken(grant, keys, nowMs)
    case 'oauth-token':
      return { kind: grant.kind, grant, token: makeAccessToken(grant, keys, nowMs) }
  }
}

function awsSession(grant: AwsSessionGrant, keys: Keys, nowMs: number): Minted {
  const pair = { accessKeyId: sessionKeyId(grant.account), secretAccessKey: newSecretAccessKey() }
  const { account, principal, marks, expiresAtMs, minimumTokenSize } = grant
  const session = {
    ...pair,
    account,
    principal,
    issuedAtMs: nowMs,
    expiresAtMs,
    ...(marks && { marks }),
  }
  const sessionToken = sealSession(session, keys.sealing, minimumTokenSize)
  return {
    kind: grant.kind,
    grant,
    ...pair,
    sessionToken: new Secret(sessionToken),
  }
}

function accessToken(grant: AccessTokenGrant, keys: Keys, nowMs: number): Minted {
  const { principal, scopes, boundary, expiresAtMs } = grant
  const record = { principal, scopes, issuedAtMs: nowMs, expiresAtMs, ...(boundary && { boundary }) }
  const token = sealAccessToken(record, keys.sealing)
  return { kind: grant.kind, grant, token: new Secret(token) }
}

function decoded({ encodedMessage, account }: DecodedMessageGrant, { sealing }: Keys, nowMs: number): string {
  return readAuthorizationMessage(encodedMessage, { account, sealing, nowMs })
}

function webIdentityToken(grant: WebIdentityTokenGrant, keys: Keys, nowMs: number): Minted {
  const { issuer, algorithm, claims, expiresAtMs } = grant
  const times = { iat: Math.floor(nowMs / 1000), exp: Math.floor(expiresAtMs / 1000), jti: randomUUID() }
  const token = signJwt({ ...claims, ...times }, keys.signing(issuer, algorithm))
  return { kind: grant.kind, grant, token: new Secret(token) }
}

function idToken(grant: IdTokenGrant, keys: Keys, nowMs: number): Minted {
  const { audience, uniqueId, email, includeEmail, useEmailAzp, expiresAtMs } = grant
  const claims = serviceAccountClaims({
    issuer: googleIssuer,
    audience,
    uniqueId,
    email: includeEmail ? email : undefined,
    ...(useEmailAzp && { presenter: email }),
    issuedAt: Math.floor(nowMs / 1000),
    expiresAt: Math.floor(expiresAtMs / 1000),
  })
  return { kind: grant.kind, grant, token: new Secret(signJwt(claims, keys.signing(googleIssuer))) }
}

/** RSASSA-PKCS1-v1_5 with SHA-256, as signed URLs of Cloud Storage have it. */
function signedBlob(grant: SignedBlobGrant, keys: Keys): Minted {
  const { kid, key } = keys.signing(grant.uniqueId)
  const signature = sign('sha256', grant.payload, key).toString('base64')
  return { kind: grant.kind, grant, keyId: kid, signature }
}

function signedJwt(grant: SignedJwtGrant, keys: Keys): Minted {
  const key = keys.signing(grant.uniqueId)
  return { kind: grant.kind, grant, keyId: key.kid, token: new Secret(signJws(grant.payload, key)) }
}

/** What Entra dates a token back by, for clocks that are behind. */
const datedBackSeconds = 300

/** @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference */
function entraToken(grant: EntraTokenGrant, keys: Keys, nowMs: number): Minted {
  const begins = Math.floor(nowMs / 1000) - datedBackSeconds
  const exp = Math.floor(grant.expiresAtMs / 1000)
  const claims = {
    ...grant.claims,
    iss: grant.issuer,
    iat: begins,
    nbf: begins,
    exp,
    uti: randomBytes(16).toString('base64url'),
  }
  return { kind: grant.kind, grant, token: new Secret(signJwt(claims, keys.signing(grant.issuer))) }
}
