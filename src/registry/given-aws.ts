import { MayflyError } from '../errors.ts'
import type { PolicyDocument } from './documents.ts'
import { type GivenTrust, nothingGiven, type Place } from './given.ts'
import { below, type Members } from './places.ts'

/** What a role is called whose name the document does not say. */
export const bareName = 'unnamed-role'
/** The account of a policy that names none. */
const someAccount = '000000000000'

/** A role as `aws iam get-role` or the IAM API gives it, the policy in place or URL-encoded. @throws REGISTRY_DOCUMENT */
export function roleAsPrinted(document: Members, at: Place, file: string): GivenTrust {
  const wrapped = document.Role as Members | undefined
  const role = wrapped ?? document
  const steps = [...(wrapped ? ['Role'] : []), 'AssumeRolePolicyDocument']
  const place = below(at, steps)
  const policy = policyIn(role.AssumeRolePolicyDocument, place, file)
  const { Arn: arn, RoleName: name, Path: path = '/', MaxSessionDuration: most } = role
  return givenRole(policy, place, {
    ...(typeof arn === 'string' && { arn }),
    ...(typeof name === 'string' && { name }),
    path: String(path),
    maxSessionDuration: typeof most === 'number' ? most : 3600,
  })
}

/** A trust policy alone. */
export function bareRole(document: Members, at: Place): GivenTrust {
  return givenRole(document, at, {})
}

export interface RoleFacts {
  readonly arn?: string
  readonly name?: string
  readonly path?: string
  readonly maxSessionDuration?: number
}

/** A role of which as much is known as its document says. */
export function givenRole(policy: PolicyDocument, place: Place, facts: RoleFacts): GivenTrust {
  const parts = /^arn:[a-z-]+:iam::(\d{12}):role(\/(?:.+\/)?)([^/]+)$/.exec(facts.arn ?? '')
  const name = parts?.[3] ?? facts.name ?? bareName
  const { maxSessionDuration = 3600 } = facts
  const document = {
    name,
    path: parts?.[2] ?? facts.path ?? '/',
    maxSessionDuration,
    assumeRolePolicyDocument: policy,
    policies: [],
  }
  const account = parts?.[1] ?? accountNamedIn(policy) ?? someAccount
  return { ...nothingGiven, roles: [{ account, document, bare: parts === null, place }] }
}

/** The account of the first OIDC provider that a policy names: a provider is always of the role's own account. */
function accountNamedIn(policy: PolicyDocument): string | undefined {
  return /arn:[a-z-]+:iam::(\d{12}):oidc-provider\//.exec(JSON.stringify(policy))?.[1]
}

/** An IAM OIDC provider as `aws iam get-open-id-connect-provider` prints it, which does not say its account. */
export function oidcProvider(document: Members, place: Place): GivenTrust {
  return givenOidcProvider(String(document.Url), textsIn(document.ClientIDList), place)
}

export function givenOidcProvider(
  url: string,
  clientIds: readonly string[],
  place: Place,
  account?: string,
): GivenTrust {
  const document = {
    url: url.startsWith('https://') ? url : `https://${url}`,
    clientIds,
    thumbprints: [],
    reach: 'public',
  } as const
  return { ...nothingGiven, oidcProviders: [{ ...(account && { account }), document, place }] }
}

/** A policy in place, in JSON text, or in JSON text that is URL-encoded, as the IAM API has it. @throws REGISTRY_DOCUMENT */
export function policyIn(value: unknown, place: Place, file: string): PolicyDocument {
  const document = typeof value === 'string' ? parsed(value) : value
  if (typeof document === 'object' && document !== null && 'Statement' in document)
    return document as PolicyDocument
  throw new MayflyError('REGISTRY_DOCUMENT', {
    message: `${file} line ${place.line()}: expected a trust policy with a Statement`,
    values: { file },
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.trimStart().startsWith('{') ? text : decodeURIComponent(text))
  } catch {
    return undefined
  }
}

export function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}
