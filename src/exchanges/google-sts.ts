import type { AccessToken, Credential, IdToken } from '../credential.ts'
import { MayflyError } from '../errors.ts'
import type { GoogleStep } from '../plan.ts'
import type { Proof } from '../proof.ts'
import { Secret } from '../secret.ts'
import { encodeForm } from '../wire/form.ts'
import type { HttpResponse } from '../wire/http.ts'
import { readJwt } from '../wire/jws.ts'
import type { World } from '../world.ts'
import { callerIdentityToken } from './caller-identity.ts'
import type { Exchange } from './exchange.ts'
import { believable, timeOf } from './expiry.ts'
import { type Answer, answerOf, textOf } from './google-answer.ts'
import { type Presented, presented } from './presented.ts'
import { type Exchanged, strange } from './refusal.ts'
import { endpointUrl } from './words.ts'

const cloudPlatform = 'https://www.googleapis.com/auth/cloud-platform'
const types = {
  grant: 'urn:ietf:params:oauth:grant-type:token-exchange',
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
  aws: 'urn:ietf:params:aws:token-type:aws4_request',
}

/**
 * Google STS (RFC 8693), and the impersonation of a service account where the step names one.
 * @see https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
 * @see https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
 */
export const googleSts: Exchange<GoogleStep> = {
  to: 'google',
  accepts: ['jwt', 'aws'],
  audience: ({ audience, provider }) => ({
    value: audience ?? `https:${provider}`,
    usual: audience === undefined,
  }),
  async exchange(proof, step, variant, world, signal): Promise<Credential> {
    const nowMs = world.clock.now()
    const flow: Flow = { proof, step, world, signal, nowMs, presented: presented(proof, nowMs) }
    const scopes = variant.scopes?.length ? variant.scopes : step.scopes
    const { impersonation } = step
    if (!impersonation && variant.audience !== undefined) throw noIdToken(step, variant.audience)
    if (!impersonation) return federatedToken(flow, scopes)
    const federated = await federatedToken(flow, [cloudPlatform])
    const as: Impersonation = { ...impersonation, bearer: federated.token }
    if (variant.audience !== undefined) return idToken(flow, as, variant.audience)
    return accessToken(flow, as, scopes)
  },
}

interface Flow {
  readonly proof: Proof
  readonly step: GoogleStep
  readonly world: World
  readonly signal: AbortSignal
  readonly nowMs: number
  readonly presented: Presented
}

type Impersonation = NonNullable<GoogleStep['impersonation']> & { readonly bearer: Secret }

async function federatedToken(flow: Flow, scopes: readonly string[]): Promise<AccessToken> {
  const { step, world, signal, nowMs } = flow
  const url = endpointUrl(step.tokenUrl)
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
  const body = encodeForm({
    grant_type: types.grant,
    audience: step.provider,
    scope: scopes.join(' '),
    requested_token_type: types.accessToken,
    ...subjectOf(flow),
  })
  const response = await world.http({ method: 'POST', url: url.href, headers, body, signal })
  const exchanged = exchangedWith(flow, response, {
    service: `Google STS at ${url.host}`,
    operation: `the token exchange for ${step.provider}`,
  })
  const answer = answerOf(exchanged)
  const seconds = answer.expires_in
  if (typeof seconds !== 'number' || !(seconds > 0 && seconds < 1e9))
    throw strange(exchanged, 'no expires_in')
  const token = new Secret(textOf(exchanged, answer, 'access_token'))
  // It lives no longer than the proof that it stands for.
  const expiresAtMs = Math.min(nowMs + seconds * 1000, flow.presented.expiresAtMs ?? Infinity)
  return { kind: 'access-token', token, scopes, expiresAtMs: believable(expiresAtMs, 'google', nowMs) }
}

function subjectOf({ proof, step, nowMs }: Flow) {
  if (proof.kind === 'jwt')
    return { subject_token: proof.token.reveal(), subject_token_type: step.subjectTokenType ?? types.jwt }
  const options = { target: step.provider, region: step.region ?? proof.region, nowMs }
  return { subject_token: callerIdentityToken(proof, options), subject_token_type: types.aws }
}

async function accessToken(flow: Flow, as: Impersonation, scopes: readonly string[]): Promise<AccessToken> {
  const lifetime = `${as.lifetimeSeconds ?? 3600}s`
  const [exchanged, answer] = await impersonate(flow, as, 'generateAccessToken', { scope: scopes, lifetime })
  const token = new Secret(textOf(exchanged, answer, 'accessToken'))
  const expiresAtMs = timeOf(exchanged, 'expireTime', textOf(exchanged, answer, 'expireTime'))
  return { kind: 'access-token', token, scopes, expiresAtMs: believable(expiresAtMs, 'google', flow.nowMs) }
}

async function idToken(flow: Flow, as: Impersonation, audience: string): Promise<IdToken> {
  // The e-mail is what IAP and most services know a caller by.
  const request = { audience, includeEmail: true }
  const [exchanged, answer] = await impersonate(flow, as, 'generateIdToken', request)
  const token = textOf(exchanged, answer, 'token')
  const expiresAtMs = expiryOf(token)
  if (expiresAtMs === undefined) throw strange(exchanged, 'a token that is no ID token')
  const untilMs = believable(expiresAtMs, 'google', flow.nowMs)
  return { kind: 'id-token', token: new Secret(token), audience, expiresAtMs: untilMs }
}

function expiryOf(token: string): number | undefined {
  try {
    const { exp } = readJwt(token).claims
    return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : undefined
  } catch {
    return undefined
  }
}

async function impersonate(
  flow: Flow,
  { url: template, email, bearer }: Impersonation,
  method: 'generateAccessToken' | 'generateIdToken',
  request: unknown,
): Promise<[Exchanged, Answer]> {
  const url = endpointUrl(template.replace(/:generateAccessToken$/, `:${method}`))
  const headers = { authorization: `Bearer ${bearer.reveal()}`, 'content-type': 'application/json' }
  const body = JSON.stringify(request)
  const { world, signal } = flow
  const response = await world.http({ method: 'POST', url: url.href, headers, body, signal })
  const secrets = [...flow.presented.secrets, bearer]
  const exchanged = exchangedWith({ ...flow, presented: { ...flow.presented, secrets } }, response, {
    service: `Google IAM at ${url.host}`,
    operation: `${method} for ${email}`,
  })
  return [exchanged, answerOf(exchanged)]
}

function exchangedWith(
  { step, nowMs, presented }: Flow,
  response: HttpResponse,
  what: Pick<Exchanged, 'service' | 'operation'>,
): Exchanged {
  const values = { provider: step.provider, serviceAccount: step.impersonation?.email }
  return { ...what, response, presented, values, nowMs }
}

function noIdToken({ provider }: GoogleStep, audience: string): MayflyError {
  return new MayflyError('EXCHANGE_ID_TOKEN', {
    message: `an ID token for ${audience} was asked for, and the federated identity of ${provider} has none: only a service account does`,
    values: { provider, audience },
  })
}
