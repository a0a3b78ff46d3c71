import { googleMethods } from '../../admin/google-iam.ts'
import type { GoogleMethod } from '../../admin/google-method.ts'
import { MayflyError } from '../../errors.ts'
import type { StsRequest } from '../ask.ts'

/** What a call of Google's IAM API is about. */
export interface IamRoute {
  /** As the discovery document names it: `workloadIdentityPools.providers.create`. */
  readonly name: string
  readonly method: GoogleMethod
  /** Number, ID, or `-` where the account alone says it. */
  readonly project: string
  /** Below the project, outermost first. */
  readonly names: readonly string[]
  /** The resource, or what holds those that are listed and made: `projects/acme/locations/global`. */
  readonly resource: string
  /** The long-running operation that is asked for. */
  readonly operationId?: string
}

const here = /^\/v1\/projects\/[^/]+\/(?:locations\/[^/]+\/workloadIdentityPools|serviceAccounts)(?:[/:]|$)/
/** Of Resource Manager. */
const projectPolicy = /^\/v[13]\/projects\/([^/]{1,256}):((?:get|set)IamPolicy|testIamPermissions)$/
/** The same paths have what another API gives, the credentials. */
const credentials = /(?::(?:generateAccessToken|generateIdToken|signBlob|signJwt)|\/allowedLocations)$/

export function isGoogleIam({ path }: Pick<StsRequest, 'path'>): boolean {
  return projectPolicy.test(path) || (here.test(path) && !credentials.test(path))
}

const one = '([^/:]{1,256})'
const pool = `/locations/global/workloadIdentityPools/${one}`
const families: readonly (readonly [name: string, items: RegExp, collection?: RegExp])[] = [
  ['workloadIdentityPools.providers', pattern(`${pool}/providers/${one}`), pattern(`${pool}/providers`)],
  ['workloadIdentityPools', pattern(pool), pattern('/locations/global/workloadIdentityPools')],
  ['serviceAccounts', pattern(`/serviceAccounts/${one}`), pattern('/serviceAccounts')],
]
const operation = /^(.+)\/operations\/([\w-]{1,512})$/

function pattern(rest: string): RegExp {
  return new RegExp(`^/v1/projects/${one}${rest}(?::(\\w{1,64}))?$`)
}

/** @throws REQUEST_UNSUPPORTED for what Google has and this token service has not, or neither has */
export function routeOf(request: Pick<StsRequest, 'method' | 'path'>): IamRoute {
  const [, id, policyVerb] = projectPolicy.exec(request.path) ?? []
  if (id !== undefined && request.method === 'POST') return ofProject(decoded(id), `projects.${policyVerb}`)
  const [, below = request.path, operationId] = operation.exec(request.path) ?? []
  for (const [family, items, collection] of families) {
    const item = items.exec(below)
    const route = item
      ? routed(request, family, item, itemVerbs)
      : routed(request, family, collection?.exec(below), collectionVerbs)
    if (route) return operationId === undefined ? route : ofOperation(route, operationId)
  }
  throw unknown(request)
}

function ofProject(project: string, name: string): IamRoute {
  return { name, method: googleMethods.get(name)!, project, names: [], resource: `projects/${project}` }
}

type Verbs = Readonly<Record<string, string>>
const itemVerbs: Verbs = { GET: 'get', PATCH: 'patch', DELETE: 'delete' }
const collectionVerbs: Verbs = { GET: 'list', POST: 'create' }
const standard = new Set([...Object.values(itemVerbs), ...Object.values(collectionVerbs)])

function routed(
  { method, path }: Pick<StsRequest, 'method' | 'path'>,
  family: string,
  found: RegExpExecArray | null | undefined,
  verbs: Verbs,
): IamRoute | undefined {
  if (!found) return undefined
  const [project = '', ...names] = found.slice(1, -1).map(decoded)
  const custom = found.at(-1)
  const name = `${family}.${custom === undefined ? verbs[method] : customVerb(custom, method, verbs)}`
  const run = googleMethods.get(name)
  if (!run) throw unknown({ method, path })
  return { name, method: run, project, names, resource: resourceOf(found[0]) }
}

/**
 * Of one item alone, and none that an HTTP method says: as a verb of one, what is on all of them would be authorized by that
 * one's policy.
 */
function customVerb(verb: string, method: string, verbs: Verbs): string {
  return verbs === itemVerbs && method === 'POST' && !standard.has(verb) ? verb : ''
}

/** Without the verb, and of what is made or listed that in which it is. */
function resourceOf(path: string): string {
  return path
    .slice('/v1/'.length)
    .replace(/:\w+$/, '')
    .replace(/\/(?:workloadIdentityPools|providers|serviceAccounts)$/, '')
}

/** Its answer is the resource's as it is now, to whoever may see that. */
function ofOperation(route: IamRoute, operationId: string): IamRoute {
  if (!/^workloadIdentityPools\.(providers\.)?get$/.test(route.name))
    throw unknown({ method: 'GET', path: route.resource })
  return { ...route, operationId }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function unknown({ method, path }: Pick<StsRequest, 'method' | 'path'>): MayflyError {
  const text = `Mayfly does not support ${method} ${path.slice(0, 256)}.`
  return new MayflyError('REQUEST_UNSUPPORTED', { message: text, values: { text } })
}
