import { providerName } from '../lint/cel-tokens.ts'
import type { GivenPoolProvider } from '../registry/given.ts'
import { type Member, roleGrants } from '../trust/google-bindings.ts'
import { compileProvider, defaultAwsMapping } from '../trust/google-provider.ts'
import type { Bound } from './account-bindings.ts'
import { type ClaimText, celTruth, claimTextOf, expressionOf, type Variables } from './cel-sets.ts'
import { exactly, like } from './text-set.ts'
import { meetAll, type TokenSet, tokensIf, tokensWith } from './token-set.ts'
import { oneOf, present } from './value-set.ts'
import type { Way } from './way.ts'

/** The name of a provider's pool, as members of bindings have it. */
export function poolOf({ projectNumber, pool }: GivenPoolProvider): string {
  return `projects/${projectNumber}/locations/global/workloadIdentityPools/${pool.id}`
}

/** Which tokens a provider of a workload identity pool takes. */
export function providerWays(provider: GivenPoolProvider): Way[] {
  const { place, document } = provider
  const [source, line] = document.attributeCondition
    ? ['attributeCondition', place.line(['attributeCondition'])]
    : ['no attributeCondition', place.line()]
  return admitted(provider).map((lets) => ({ source, line, lets, except: [], notes: [] }))
}

/** Which tokens lead, by a provider, to a service account that these have a role on. */
export function accountWays(bound: readonly Bound[], provider: GivenPoolProvider): Way[] {
  const variables = variablesOf(provider)
  return boundWays(bound, admitted(provider), (member) => memberSets(member, poolOf(provider), variables))
}

/** The same of a pool whose providers are not at hand: tokens by what those map them to. */
export function poolWays(bound: readonly Bound[], pool: string): Way[] {
  const asMapped = (name: string) => ({ before: '', claim: name, after: '' })
  return boundWays(bound, [tokensWith({ 'google.subject': present })], (member) =>
    memberSets(member, pool, asMapped),
  )
}

function boundWays(
  bound: readonly Bound[],
  tokens: readonly TokenSet[],
  setsOf: (member: Member) => readonly TokenSet[],
): Way[] {
  return bound.flatMap(({ role, member, condition, source, line }) => {
    const sets = roleGrants(role, 'iam.serviceAccounts.getAccessToken') ? setsOf(member) : []
    // It is about the time and the resource, and no token says whether it holds.
    const during = condition ? [tokensIf(condition.text)] : [tokensWith({})]
    return meetAll(meetAll(tokens, sets), during).map((lets) => {
      return { source, line, lets, except: [], notes: [member.text] }
    })
  })
}

function admitted(provider: GivenPoolProvider): TokenSet[] {
  const { attributeCondition = '', attributeMapping, disabled, expireTime } = provider.document
  compileProvider({ attributeMapping, attributeCondition })
  const { pool } = provider
  if (disabled || pool.disabled || expireTime !== undefined || pool.expireTime !== undefined) return []
  const variables = variablesOf(provider)
  const condition = attributeCondition === '' ? [tokensWith({})] : celTruth(attributeCondition, variables).yes
  return meetAll(meetAll([issued(provider)], subjectMade(variables)), condition)
}

function issued(provider: GivenPoolProvider): TokenSet {
  const { oidc, aws } = provider.document
  if (aws) return tokensWith({ Account: oneOf([exactly(aws.accountId)]), Arn: present })
  const name = providerName(provider)
  const audiences = oidc?.allowedAudiences.length ? oidc.allowedAudiences : [name, `https:${name}`]
  return tokensWith({
    iss: oneOf([exactly(oidc?.issuerUri ?? '')]),
    aud: oneOf(audiences.map(exactly)),
    sub: present,
  })
}

/** A token without what the subject is mapped from is refused. */
function subjectMade(variables: Variables): TokenSet[] {
  const subject = variables('google.subject')
  if (typeof subject === 'object') return [tokensWith({ [subject.claim]: present })]
  return [tokensIf(`google.subject is made by ${subject}`)]
}

/** What `aws sts get-caller-identity` calls what Google's expressions have of it. */
const ofCaller: Readonly<Record<string, string>> = { arn: 'Arn', account: 'Account', userid: 'UserId' }

function variablesOf({ document }: GivenPoolProvider): Variables {
  const named = ({ claim, ...rest }: ClaimText) => ({
    ...rest,
    claim: document.aws ? (ofCaller[claim] ?? claim) : claim,
  })
  return (name) => {
    const text = name === 'assertion' ? undefined : document.attributeMapping[name]
    const made = text === undefined ? undefined : claimTextOf(text)
    return made ? named(made) : text
  }
}

/** The tokens that become a member of a binding. */
function memberSets(member: Member, pool: string, variables: Variables): TokenSet[] {
  if (member.kind === 'everyone') return [tokensWith({})]
  if (!('pool' in member) || member.pool !== pool) return []
  if (member.kind === 'pool') return [tokensWith({})]
  if (member.kind === 'subject') return valueSets('google.subject', member.value, variables)
  if (member.kind === 'attribute') return valueSets(`attribute.${member.name}`, member.value, variables)
  const groups = variables('google.groups')
  return groups === undefined
    ? []
    : [tokensIf(`${JSON.stringify(member.value)} is in google.groups, made by ${expressionOf(groups)}`)]
}

function valueSets(name: string, value: string, variables: Variables): TokenSet[] {
  const mapped = variables(name)
  if (mapped === undefined) return []
  if (mapped === defaultAwsMapping[name]) return [tokensWith({ Arn: oneOf([roleSession(value)]) })]
  if (typeof mapped === 'string') return [tokensIf(`${name} is ${JSON.stringify(value)}, made by ${mapped}`)]
  const { before, claim, after } = mapped
  const inside = value.slice(before.length, value.length - after.length)
  const fits = value.startsWith(before) && value.endsWith(after) && inside !== ''
  return fits ? [tokensWith({ [claim]: oneOf([exactly(inside)]) })] : []
}

/** By Google's own mapping a role is all of its sessions; whoever is no session is its own ARN. */
function roleSession(value: string) {
  return value.includes('assumed-role/')
    ? { units: [...exactly(`${value}/`).units, ...like('*').units] }
    : exactly(value)
}
