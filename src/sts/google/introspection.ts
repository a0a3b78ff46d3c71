import type { StsRequest, StsResponse } from '../ask.ts'
import type { Sts } from '../sts.ts'
import { liveToken, principalName } from './access-token.ts'
import { answerJson } from './answer-json.ts'
import { googleStsError } from './errors.ts'
import { demanded, parametersOf } from './parameters.ts'

/**
 * Introspection of Google STS, `POST /v1/introspect` (RFC 7662), by a form or in JSON. What is not a live token of ours is
 * just not active. Clients may present an ID and a secret of their own: there is nobody here whose they could be, and
 * whoever has the token could use it anyhow.
 * @see https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/introspect
 */
export function introspect(request: StsRequest, sts: Sts): StsResponse {
  try {
    return answerJson(200, told(demanded(parametersOf(request), 'token'), sts))
  } catch (error) {
    const { status, ...body } = googleStsError(error)
    return answerJson(status, body)
  }
}

function told(token: string, sts: Sts) {
  const record = liveToken(token, sts)
  if (!record) return { active: false }
  const { principal, scopes, issuedAtMs, expiresAtMs } = record
  const account =
    principal.type === 'service-account' ? sts.registered().serviceAccount(principal.email) : undefined
  return {
    active: true,
    scope: scopes.join(' '),
    username: account?.email ?? principalName(record),
    exp: Math.floor(expiresAtMs / 1000),
    iat: Math.floor(issuedAtMs / 1000),
    sub: account?.uniqueId ?? principalName(record),
    iss: 'https://sts.googleapis.com/',
  }
}
