import { MayflyError } from '../../errors.ts'
import { Secret } from '../../secret.ts'
import { parseForm } from '../../wire/form.ts'
import type { Ask, Minted, StsRequest, StsResponse } from '../ask.ts'
import type { FrontEnd } from '../exchange.ts'
import { entraAnswer, entraRefusal } from './answer.ts'
import { entraFault } from './errors.ts'

/**
 * Entra's token endpoint, `POST /TENANT/oauth2/v2.0/token`: client credentials, proved by a token of somebody else.
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow "Third case"
 */
export const entraTokenEndpoint: FrontEnd = { name: 'entra', parse, respond, refuse: entraRefusal }

export const entraTokenPath = /^\/([^/]{1,128})\/oauth2\/v2\.0\/token$/

type Parameters = ReadonlyMap<string, string>

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

function parse(request: StsRequest): Ask {
  if (request.method !== 'POST') throw entraFault('method', request.method)
  const parameters = parametersOf(request.body)
  const grant = demand(parameters, 'grant_type')
  if (grant !== 'client_credentials') throw entraFault('grant', grant)
  const clientId = demand(parameters, 'client_id')
  const resource = resourceOf(demand(parameters, 'scope'))
  return {
    kind: 'ClientAssertion',
    tenant: entraTokenPath.exec(request.path)![1]!,
    clientId,
    resource,
    assertion: assertionOf(parameters, clientId),
  }
}

function parametersOf(body: string): Parameters {
  try {
    return parseForm(body)
  } catch (error) {
    throw error instanceof MayflyError ? entraFault('form', '') : error
  }
}

function demand(parameters: Parameters, name: string): string {
  const value = parameters.get(name)
  if (!value) throw entraFault('missing', name)
  return value
}

const suffix = '/.default'

/** Whoever asks for itself gets all that it was given: there is one scope to ask for, and one resource. */
function resourceOf(scope: string): string {
  const scopes = scope.split(' ').filter(Boolean)
  const other = scopes.find((each) => !each.endsWith(suffix) || each.length === suffix.length)
  if (other !== undefined) throw entraFault('scope', other)
  if (scopes.length !== 1) throw entraFault('scopes', scope)
  return scopes[0]!.slice(0, -suffix.length)
}

/** Nobody has a secret here: whatever is presented as one is wrong. */
function assertionOf(parameters: Parameters, clientId: string): Secret {
  const assertion = parameters.get('client_assertion')
  if (!assertion) throw entraFault(parameters.has('client_secret') ? 'secret' : 'proofless', clientId)
  if (demand(parameters, 'client_assertion_type') !== assertionType) throw entraFault('form', '')
  return new Secret(assertion)
}

function respond(minted: Minted, request: StsRequest): StsResponse {
  if (minted.kind !== 'entra-token') throw new TypeError(`${minted.kind} is not Entra's to give`)
  const { lifetimeSeconds } = minted.grant
  return entraAnswer(request, 200, {
    token_type: 'Bearer',
    expires_in: lifetimeSeconds,
    ext_expires_in: lifetimeSeconds,
    access_token: minted.token.reveal(),
  })
}
