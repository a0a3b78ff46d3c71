import { MayflyError } from '../../errors.ts'
import { Secret } from '../../secret.ts'
import { parseRepeatingForm } from '../../wire/form.ts'
import type { StsRequest } from '../ask.ts'
import { headerOf } from '../request.ts'
import type { PresentedClient } from './ask.ts'
import { badRequest } from './errors.ts'

/** The parameters of a request to an endpoint of OAuth, which is always a form by POST (RFC 6749 §3.2). */
export interface Parameters {
  /** Empty is as if it were absent (RFC 6749 §3.2). */
  get(name: string): string | undefined
  /** @throws REQUEST_PARAMETER */
  demand(name: string): string
  /** What `resource` and `audience` name, which alone may come again (RFC 8693 §2.1). */
  readonly targets: readonly string[]
}

/** @throws REQUEST_PARAMETER, REQUEST_UNSUPPORTED */
export function parametersOf(request: StsRequest): Parameters {
  if (request.method !== 'POST') throw badRequest('this endpoint takes POST alone', 'method')
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(headerOf(request, 'content-type') ?? ''))
    throw badRequest('the body has to be application/x-www-form-urlencoded', 'Content-Type')
  // Whoever proves a key wants a token that is bound to it, and would take an unbound one for that.
  if (headerOf(request, 'dpop') !== undefined)
    throw new MayflyError('REQUEST_UNSUPPORTED', { message: 'DPoP (RFC 9449) is not supported here' })
  const { fields, repeated } = parseRepeatingForm(request.body, ['audience', 'resource'])
  const get = (name: string) => fields.get(name) || undefined
  return {
    get,
    demand: (name) => get(name) ?? missingParameter(name),
    targets: [...resources(repeated.get('resource')!), ...repeated.get('audience')!].filter(Boolean),
  }
}

function missingParameter(name: string): never {
  throw badRequest(`the parameter ${name} is missing`, name)
}

/** RFC 8707 §2: an absolute URI without a fragment. */
function resources(values: readonly string[]): readonly string[] {
  const wrong = values.find((each) => each !== '' && (!URL.canParse(each) || each.includes('#')))
  if (wrong !== undefined)
    throw badRequest('resource has to be an absolute URI without a fragment', 'resource', 'invalid_target')
  return values
}

const scopeToken = /^[!#-[\]-~]+$/

/** RFC 6749 §3.3. @throws REQUEST_PARAMETER */
export function scopesOf(parameters: Parameters): readonly string[] {
  const scopes = (parameters.get('scope') ?? '').split(' ').filter(Boolean)
  if (scopes.length > 100 || !scopes.every((each) => scopeToken.test(each)))
    throw badRequest(
      'scope has to be a list of at most 100 scopes, with spaces between them',
      'scope',
      'invalid_scope',
    )
  return scopes
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/**
 * Who the client says it is (RFC 7521 §4.2). Nobody has a secret here: whatever is presented as one is wrong.
 * @throws REQUEST_PARAMETER, TRUST_CLIENT
 */
export function clientOf(request: StsRequest, parameters: Parameters): PresentedClient {
  const basic = /^basic\b/i.test(headerOf(request, 'authorization') ?? '')
  if (basic || parameters.get('client_secret') !== undefined)
    throw new MayflyError('TRUST_CLIENT', {
      message: 'a client secret was presented, and no client has one here',
    })
  const assertion = parameters.get('client_assertion')
  const type = parameters.get('client_assertion_type')
  if ((assertion === undefined) !== (type === undefined))
    throw badRequest('client_assertion and client_assertion_type go together', 'client_assertion')
  if (type !== undefined && type !== assertionType)
    throw badRequest(`client_assertion_type has to be ${assertionType}`, 'client_assertion_type')
  const clientId = parameters.get('client_id')
  return {
    ...(clientId !== undefined && { clientId }),
    ...(assertion !== undefined && { assertion: new Secret(assertion) }),
  }
}
