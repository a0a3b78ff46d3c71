import type { GivenRole, GivenTrust } from '../registry/given.ts'
import { compileClaimKeys } from '../trust/aws-claims.ts'
import { compilePolicy, type Statement } from '../trust/aws-policy.ts'
import { isSpared, reachOf } from '../trust/aws-principal.ts'
import { conditionSet, type IssuerKeys } from './aws-condition-sets.ts'
import { exactly } from './text-set.ts'
import { meetTokens, type TokenSet, tokensWith, valuesOf } from './token-set.ts'
import { noneOf, oneOf, present } from './value-set.ts'
import type { Way } from './way.ts'

const action = 'sts:AssumeRoleWithWebIdentity'

/** What is known of the OIDC providers of a role's account. */
type Account = Pick<GivenTrust, 'oidcProviders' | 'completeAccounts'>

/** By which statements of a role's trust policy tokens get in. */
export function roleWays(role: GivenRole, trust: Account): Way[] {
  const { statements } = compilePolicy(role.document.assumeRolePolicyDocument, 'trust')
  const variables = role.document.assumeRolePolicyDocument.Version === '2012-10-17'
  const acting = statements.filter(({ actions }) => actions.matches(action, new Map()) !== actions.except)
  return issuersFor(role, trust, acting).flatMap((issuer) => waysBy(acting, issuer, { role, variables }))
}

/** An OIDC provider of the role's account. */
interface Issuer {
  /** Without `https://`; undefined stands for those of which nothing is known, and that are none of `known`. */
  readonly host?: string
  readonly known: readonly string[]
  /** Undefined where they are not known. */
  readonly clientIds?: readonly string[]
}

/** Those that the account has, or that the policy speaks of where nobody says which it has. */
function issuersFor(role: GivenRole, trust: Account, statements: readonly Statement[]): Issuer[] {
  const own = trust.oidcProviders.map(({ document }) => ({
    host: hostOf(document.url),
    known: [],
    clientIds: document.clientIds,
  }))
  if (trust.completeAccounts.includes(role.account)) return own
  const hosts = new Set(statements.flatMap((each) => hostsIn(each)))
  const more = [...hosts].filter((host) => !own.some((each) => each.host === host))
  const known = [...own.map(({ host }) => host), ...more]
  return [...own, ...more.map((host) => ({ host, known: [] })), { known }]
}

function hostsIn({ principals, conditions }: Statement): string[] {
  const named = (principals?.list.listed ?? []).flatMap(
    (each) => /:oidc-provider\/(.+)$/.exec(each)?.[1] ?? [],
  )
  const asked = conditions.map(({ key }) => key.slice(0, key.lastIndexOf(':')))
  return [...named, ...asked.filter((each) => /\./.test(each))]
}

function hostOf(url: string): string {
  return url.replace(/^https:\/\//, '')
}

interface Scene {
  readonly role: GivenRole
  readonly variables: boolean
}

function waysBy(statements: readonly Statement[], issuer: Issuer, scene: Scene): Way[] {
  const base = tokensOf(issuer)
  const reaching = statements.map(
    (each) => reaches(each, issuer, scene) && statementSet(each, base, issuer, scene),
  )
  const except = statements.flatMap((each, i) => (each.effect === 'Deny' ? reaching[i] || [] : []))
  return statements.flatMap((each, i): Way[] => {
    const lets = reaching[i]
    if (each.effect === 'Deny' || !lets) return []
    const index = /\[(\d+)\]$/.exec(each.source)?.[1] ?? 0
    const line = scene.role.place.line(['Statement', Number(index)])
    const source = each.sid ? `${each.source} (${each.sid})` : each.source
    return [{ source, line, lets, except, notes: notesOf(issuer, lets) }]
  })
}

function notesOf({ host }: Issuer, lets: TokenSet): string[] {
  if (host === undefined) return ['whatever other OIDC providers the account has: they are not known here']
  return valuesOf(lets, 'aud') === present
    ? ['any client ID of the OIDC provider is an audience: they are not known here']
    : []
}

/** Every token that the OIDC provider of an issuer takes. */
function tokensOf({ host, known, clientIds }: Issuer): TokenSet {
  return tokensWith({
    iss:
      host === undefined
        ? noneOf(known.map((each) => exactly(`https://${each}`)))
        : oneOf([exactly(`https://${host}`)]),
    aud: clientIds ? oneOf(clientIds.map(exactly)) : present,
    sub: present,
  })
}

function reaches({ principals }: Statement, { host }: Issuer, { role }: Scene): boolean {
  const provider = `arn:aws:iam::${role.account}:oidc-provider/${host ?? ''}`
  const principal = { type: 'federated', provider } as const
  if (!principals) return false
  if (principals.except) return !isSpared(principals.list, principal)
  return reachOf(principals.list, principal) !== undefined
}

/** The tokens with which all conditions of a statement hold. */
function statementSet(
  { conditions }: Statement,
  base: TokenSet,
  { host }: Issuer,
  { variables }: Scene,
): TokenSet | undefined {
  const keys = { claimOf: claimsOf(host), variables }
  let all: TokenSet | undefined = base
  for (const each of conditions) {
    const holding = conditionSet(each, keys)
    all = all && holding && meetTokens(all, holding)
  }
  return all
}

/** The names, in lower case, of the claims that AWS has condition keys for. */
function claimsOf(host: string | undefined): IssuerKeys['claimOf'] {
  if (host === undefined) return () => undefined
  const prefix = `${host}:`.toLowerCase()
  const { withheld } = compileClaimKeys(host)
  return (key) => {
    if (!key.startsWith(prefix)) return undefined
    const claim = key.slice(prefix.length)
    // Of one audience, `oaud` is the same.
    if (claim === 'oaud') return 'aud'
    return withheld({ [claim]: '' }).size > 0 ? undefined : claim
  }
}
