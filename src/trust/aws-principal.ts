import { memberAt, objectAt, refuse, stringsAt } from './document.ts'

/** Who asks. */
export type AwsPrincipal =
  /** The holder of a JWT; `provider` is the OIDC provider's ARN. */
  | { readonly type: 'federated'; readonly provider: string }
  /** The signer of a request: a user, or a role's session with `roleArn` naming its role. */
  | { readonly type: 'aws'; readonly arn: string; readonly account: string; readonly roleArn?: string }
  | { readonly type: 'service'; readonly service: string }

/**
 * By what a trust policy reaches a principal: itself (its user, session, provider or service), the role that it is a
 * session of, its whole account, or everyone. Reached only by its account, it needs an identity policy that allows the
 * same; reached by its role, its boundary and its session policies still limit it.
 */
export type Reach = 'principal' | 'role' | 'account' | 'everyone'

/** A compiled `Principal` or `NotPrincipal`. */
export interface Principals {
  readonly everyone: boolean
  readonly anyProvider: boolean
  readonly accounts: ReadonlySet<string>
  /** ARNs and names of users, roles, sessions, providers and services. */
  readonly named: ReadonlySet<string>
  /** As the document has them, for an explanation. */
  readonly listed: readonly string[]
}

const kinds = ['AWS', 'Federated', 'Service', 'CanonicalUser'] as const
const accountRoot = /^arn:[a-z-]+:iam::(\d{12}):root$/
const principalArn = /^arn:[a-z-]+:(iam::\d{12}:(user|role)|sts::\d{12}:(assumed-role|federated-user))\/.+$/
const providerArn = /^arn:[a-z-]+:iam::\d{12}:(oidc|saml)-provider\/.+$/
const domainName = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/
// AIDA… or AROA…: what AWS leaves of a principal that was deleted. It reaches nobody.
const uniqueId = /^A[A-Z0-9]{15,127}$/

/**
 * Compiles `Principal` or `NotPrincipal`.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 * @throws TRUST_POLICY
 */
export function principalsAt(value: unknown, path: string): Principals {
  const accounts = new Set<string>()
  const named = new Set<string>()
  const listed: string[] = []
  for (const { kind, text, place } of entriesAt(value, path)) {
    listed.push(text)
    const account = kind === 'AWS' ? accountOf(text) : undefined
    if (account) accounts.add(account)
    else named.add(nameAt(kind, text, place))
  }
  return { everyone: named.has('AWS *'), anyProvider: named.has('Federated *'), accounts, named, listed }
}

/** By what the list reaches a principal; undefined when it does not. */
export function reachOf(list: Principals, principal: AwsPrincipal): Reach | undefined {
  if (list.named.has(nameOf(principal))) return 'principal'
  if (principal.type === 'aws') {
    if (principal.roleArn !== undefined && list.named.has(principal.roleArn)) return 'role'
    if (list.accounts.has(principal.account)) return 'account'
  }
  if (principal.type === 'federated' && list.anyProvider) return 'everyone'
  return list.everyone ? 'everyone' : undefined
}

/**
 * Whether `NotPrincipal` spares a principal. AWS spares one only if the list has all that it is: its account,
 * and its user, or its role and its session.
 */
export function isSpared(list: Principals, principal: AwsPrincipal): boolean {
  if (list.everyone || (principal.type === 'federated' && list.anyProvider)) return true
  if (!list.named.has(nameOf(principal))) return false
  if (principal.type !== 'aws') return true
  const role = principal.roleArn
  return list.accounts.has(principal.account) && (role === undefined || list.named.has(role))
}

/** What an explanation calls a principal. */
export function nameOf(principal: AwsPrincipal): string {
  if (principal.type === 'federated') return principal.provider
  return principal.type === 'aws' ? principal.arn : principal.service
}

interface Entry {
  readonly kind: (typeof kinds)[number]
  readonly text: string
  readonly place: string
}

function entriesAt(value: unknown, path: string): Entry[] {
  if (value === '*') return [{ kind: 'AWS', text: '*', place: path }]
  const expected = '"*" or an object with AWS, Federated, Service or CanonicalUser'
  return Object.entries(objectAt(value, path, expected)).flatMap(([kind, list]) => {
    const place = memberAt(path, kind)
    if (!isKind(kind)) refuse(place, kind, `one of ${kinds.join(', ')}`)
    return stringsAt(list, place).map((each) => ({ kind, text: each.text, place: each.path }))
  })
}

function isKind(kind: string): kind is Entry['kind'] {
  return (kinds as readonly string[]).includes(kind)
}

function accountOf(text: string): string | undefined {
  return /^\d{12}$/.test(text) ? text : accountRoot.exec(text)?.[1]
}

function nameAt(kind: Entry['kind'], text: string, place: string): string {
  if (text === '*' && (kind === 'AWS' || kind === 'Federated')) return `${kind} *`
  if (/[*?]/.test(text))
    refuse(
      place,
      text,
      'no wildcard',
      'AWS takes no wildcard in a principal, only a "*" by itself: use aws:PrincipalArn.',
    )
  const { known, expected } = forms[kind]
  return known.some((form) => form.test(text)) ? text : refuse(place, text, expected)
}

const forms: Record<Entry['kind'], { readonly known: readonly RegExp[]; readonly expected: string }> = {
  AWS: { known: [principalArn, uniqueId], expected: 'an account, or the ARN of a user, role or session' },
  Federated: {
    known: [providerArn, domainName],
    expected: 'the ARN of an OIDC or SAML provider, or a domain name',
  },
  Service: { known: [domainName], expected: 'a service, as ecs-tasks.amazonaws.com' },
  CanonicalUser: { known: [/^[0-9a-f]{64}$/], expected: 'a canonical user ID of 64 hexadecimal digits' },
}
