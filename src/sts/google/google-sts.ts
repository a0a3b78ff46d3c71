import { MayflyError } from '../../errors.ts'
import { Secret } from '../../secret.ts'
import type { Ask, DownscopeAsk, Minted, StsRequest, StsResponse, TokenAsk } from '../ask.ts'
import type { FrontEnd } from '../exchange.ts'
import { googleStsError } from './errors.ts'
import { readOptions } from './options.ts'
import { bad, demanded, type Parameters, parametersOf } from './parameters.ts'
import { readRelayedRequest } from './relayed-request.ts'

/**
 * Google's Security Token Service, `POST /v1/token`: RFC 8693 in a form, or the same members in JSON camelCase.
 * @see https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
 */
export const googleSts: FrontEnd = { name: 'google-sts', parse, respond, refuse }

const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'

function parse(request: StsRequest): Ask {
  const parameters = parametersOf(request)
  demand(parameters, 'grant_type', grantType)
  refuseUnsupported(parameters)
  demand(parameters, 'requested_token_type', accessTokenType)
  const { boundary } = readOptions(parameters.get('options'))
  if (parameters.get('subject_token_type') === accessTokenType) return downscope(parameters, boundary)
  return {
    kind: 'TokenExchange',
    audience: audienceOf(parameters),
    scopes: someScopes(parameters),
    subject: subjectOf(parameters),
    ...(boundary && { boundary }),
  }
}

/** Without an audience, and with scopes only where they are to be fewer. */
function downscope(parameters: Parameters, boundary: DownscopeAsk['boundary'] | undefined): DownscopeAsk {
  const bearer = new Secret(demanded(parameters, 'subject_token'))
  if (!boundary) throw bad('An access token is exchanged only for one with options.accessBoundary.')
  return { kind: 'DownscopeToken', bearer, boundary, scopes: scopesOf(parameters) }
}

function demand(parameters: Parameters, name: string, expected: string): void {
  const value = parameters.get(name)
  if (value !== expected)
    throw bad(value === undefined ? `Missing required parameter: ${name}` : `Invalid ${name}`)
}

const tokenTypes = 'urn:ietf:params:oauth:token-type:'

/** What Google does and Mayfly does not, by a parameter and how its value begins. */
const notDone: readonly (readonly [parameter: string, value: string, what: string])[] = [
  ['actor_token', '', 'actor_token'],
  [
    'requested_token_type',
    `${tokenTypes}access_boundary_intermediary_token`,
    'access boundaries that clients apply by themselves (access_boundary_intermediary_token): send options.accessBoundary',
  ],
  ['subject_token_type', `${tokenTypes}saml2`, 'SAML assertions: use a provider that takes OIDC tokens'],
  [
    'subject_token_type',
    `${tokenTypes}mtls`,
    'X.509 certificates as subject tokens: use a provider that takes OIDC tokens',
  ],
  [
    'audience',
    '//iam.googleapis.com/locations/global/workforcePools/',
    'workforce identity pools, which are for people: use a workload identity pool',
  ],
]

function refuseUnsupported(parameters: Parameters): void {
  const [, , what] = notDone.find(([name, value]) => parameters.get(name)?.startsWith(value)) ?? []
  if (what === undefined) return
  const text = `Mayfly does not support ${what}.`
  throw new MayflyError('REQUEST_UNSUPPORTED', { message: text, values: { text } })
}

const providerName =
  /^\/\/iam\.googleapis\.com\/projects\/\d{1,20}\/locations\/global\/workloadIdentityPools\/[a-z0-9-]{4,32}\/providers\/[a-z0-9-]{4,32}$/

function audienceOf(parameters: Parameters): string {
  const audience = parameters.get('audience') ?? ''
  if (providerName.test(audience)) return audience
  throw bad(
    'Invalid value for "audience". This value should be the full resource name of the Identity Provider. See https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token for the list of possible formats.',
  )
}

function someScopes(parameters: Parameters): readonly string[] {
  const scopes = scopesOf(parameters)
  if (scopes.length === 0) throw bad('Missing required parameter: scope')
  return scopes
}

function scopesOf(parameters: Parameters): readonly string[] {
  const scopes = (parameters.get('scope') ?? '').split(' ').filter(Boolean)
  if (scopes.length > 100) throw bad('Invalid scope')
  return scopes
}

const awsRequestType = 'urn:ietf:params:aws:token-type:aws4_request'

function subjectOf(parameters: Parameters): TokenAsk['subject'] {
  const token = demanded(parameters, 'subject_token')
  switch (parameters.get('subject_token_type')) {
    case `${tokenTypes}jwt`:
    case `${tokenTypes}id_token`:
      return { type: 'jwt', token: new Secret(token) }
    case awsRequestType:
      return { type: 'aws4_request', signed: readRelayedRequest(token) }
    default:
      throw bad('Invalid subject_token_type')
  }
}

function respond(minted: Minted): StsResponse {
  if (minted.kind !== 'access-token') throw new TypeError(`${minted.kind} is not Google STS's to give`)
  return json(200, {
    access_token: minted.token.reveal(),
    issued_token_type: accessTokenType,
    token_type: 'Bearer',
    expires_in: minted.grant.lifetimeSeconds,
  })
}

function refuse(error: unknown): StsResponse {
  const { status, ...body } = googleStsError(error)
  return json(status, body)
}

/** As Google's front ends answer: never cached. */
function json(status: number, body: unknown): StsResponse {
  return {
    status,
    headers: {
      'Content-Type': 'application/json; charset=UTF-8',
      'Cache-Control': 'no-cache, no-store, max-age=0, must-revalidate',
      Pragma: 'no-cache',
    },
    body: JSON.stringify(body),
  }
}
