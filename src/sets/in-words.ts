import { openingOf, type Platform, platformOf } from '../lint/platforms.ts'
import { jobIn } from '../lint/tokens.ts'
import { actorPrefix, clientName } from './oauth-requests.ts'
import { type Glob, isExact, like, shown } from './text-set.ts'
import { hasToken, type TokenSet, valuesOf } from './token-set.ts'
import { isAny, type ValueSet } from './value-set.ts'
import type { Way } from './way.ts'

/** Tokens for people: who they are of, at a glance, and what of it is wider than one might think. */
export interface InWords {
  readonly who: string
  readonly warnings: readonly string[]
}

export function inWords({ lets, except }: Pick<Way, 'lets' | 'except'>): InWords {
  if (lets.claims.has('Arn')) return awsCaller(lets, except)
  if (lets.claims.has('google.subject'))
    return { who: [mappedInWords(lets), ...narrower(lets, except)].join(', '), warnings: [] }
  const issuers = patternsOf(valuesOf(lets, 'iss'))
  const subjects = patternsOf(valuesOf(lets, 'sub'))
  const issuer = issuers?.length === 1 ? shown(issuers[0]!) : ''
  const platform = platformOf(issuer, subjects?.[0] && shown(subjects[0]))
  const scene = { platform, issuer, lets, except }
  const where = issuers
    ? issuers.map((each) => shown(each).replace(/^https:\/\//, '')).join(' or ')
    : 'any issuer'
  const others = [...lets.claims]
    .filter(([name, values]) => !usual.includes(name) && !goesWithoutSaying(name, values))
    .map(([name, values]) => claimInWords(name, values))
  const subject = subjects ? jobsOf(subjects, scene) : openSubject(scene)
  const whose = [subject, ...others, ...narrower(lets, except)].join(', ')
  return { who: `${where}  ${whose}`, warnings: warningsFor(scene, subjects) }
}

function narrower({ conditions }: TokenSet, except: readonly TokenSet[]): string[] {
  return [
    ...(conditions.size > 0 ? ['under a condition'] : []),
    ...(except.length > 0 ? ['with exceptions'] : []),
  ]
}

const usual: readonly string[] = ['iss', 'sub', 'aud']

/** What hardly any token has needs no words where it is absent, nor does a client where nobody has to be one. */
function goesWithoutSaying(name: string, { absent, texts }: ValueSet): boolean {
  if (name === clientName) return absent
  return texts === undefined && (name === 'may_act' || name === 'cnf' || name.startsWith(actorPrefix))
}

interface Scene {
  readonly platform: Platform
  readonly issuer: string
  readonly lets: TokenSet
  readonly except: readonly TokenSet[]
}

/** Of a pool whose providers are not known, by what they make of tokens. */
function mappedInWords({ claims }: TokenSet): string {
  const said = [...claims].filter(([, values]) => (values.texts?.all.length ?? 0) > 0)
  return said.length === 0
    ? 'the whole pool'
    : said.map(([name, values]) => claimInWords(name, values)).join(', ')
}

function awsCaller(lets: TokenSet, except: readonly TokenSet[]): InWords {
  const accounts = patternsOf(valuesOf(lets, 'Account'))?.map(shown).join(' or ')
  const arns = patternsOf(valuesOf(lets, 'Arn'))
  const others = [...lets.claims]
    .filter(([name]) => !['Account', 'Arn'].includes(name))
    .map(([name, values]) => claimInWords(name, values))
  const who = arns ? arns.map(shown).join(' or ') : 'any role or user'
  const warnings = arns ? [] : ['everybody in the account who can sign a request']
  const whose = [`AWS account ${accounts}  ${who}`, ...others, ...narrower(lets, except)]
  return { who: whose.join(', '), warnings }
}

/** The patterns of which one has to fit; undefined where nothing of the kind is asked for. */
export function patternsOf({ texts }: ValueSet): readonly Glob[] | undefined {
  // Of several lists that have to be met at once, the one that says most.
  const lists = texts?.all.toSorted((a, b) => wildcards(a) - wildcards(b)) ?? []
  return lists[0]
}

function wildcards(globs: readonly Glob[]): number {
  return globs.filter((each) => !isExact(each)).length
}

/** One claim, as people would say it. */
export function claimInWords(name: string, { absent, texts }: ValueSet): string {
  if (!texts) return `no ${name}`
  const { all, none } = texts
  const parts = [
    ...all.map((globs) => `${name} ${globs.map(shown).join(' or ')}`),
    ...(none.length > 0 ? [`${name} not ${none.map(shown).join(' nor ')}`] : []),
  ]
  const said = parts.length > 0 ? parts.join(' and ') : `any ${name}`
  return absent ? `${said} or no ${name}` : said
}

function openSubject({ platform, lets }: Scene): string {
  const tenant = platform.tenantClaims.filter((name) => !isAny(valuesOf(lets, name)))
  return tenant.length > 0 ? 'any subject' : platform.shared ? `everybody at ${platform.name}` : 'any subject'
}

/** Subjects as jobs, service accounts and the like. */
function jobsOf(subjects: readonly Glob[], scene: Scene): string {
  return [...new Set(subjects.map((each) => jobOf(each, scene)))].join(' or ')
}

function jobOf(subject: Glob, { platform }: Scene): string {
  const text = shown(subject)
  const opening = openingOf(text, platform)
  if (opening === 'owner') return platform.shared ? `anybody whose subject fits ${text}` : `subjects ${text}`
  const { owner, project } = jobIn(text)
  if (opening === 'project') return `any project below ${owner}/ (${text})`
  const said = forms.find(([form]) => form.test(text))
  const [whole = '', , rest = ''] = said?.[0].exec(text) ?? []
  if (!said || whole === '') return opening === 'none' ? `subject ${text} only` : `subjects ${text}`
  return said[1](owner, project, rest, opening === 'none')
}

type Said = (owner: string, project: string, rest: string, only: boolean) => string

/** How the subjects of a platform are read: what names the project, and what is left. */
const forms: readonly (readonly [RegExp, Said])[] = [
  [
    /^(repo:[^:]+|project_path:[^:]+):(.*)$/,
    (owner, project, rest, only) => `project ${owner}/${project}, ${refOf(rest)}${only ? ' only' : ''}`,
  ],
  [
    /^(system:serviceaccount:[^:]+):(.*)$/,
    (owner, _, rest, only) => `namespace ${owner}, service account ${rest}${only ? ' only' : ''}`,
  ],
]

const refs: readonly (readonly [RegExp, string])[] = [
  [/^(?:ref:refs\/heads\/|ref_type:branch:ref:)(.+)$/, 'branch'],
  [/^(?:ref:refs\/tags\/|ref_type:tag:ref:)(.+)$/, 'tag'],
  [/^environment:(.+)$/, 'environment'],
]

function refOf(rest: string): string {
  if (rest === '*') return 'any job'
  if (rest === 'pull_request') return 'pull requests'
  const [form, kind] = refs.find(([each]) => each.test(rest)) ?? []
  if (!form) return rest
  const name = form.exec(rest)![1]!
  return name === '*' ? `any ${kind}` : `${kind} ${name}`
}

// ── what is wide ───────────────────────────────────────────────────────────────────────────────────────

const unreviewed = 'jobs of pull requests or plans, whose code nobody has reviewed yet'

function warningsFor(scene: Scene, subjects: readonly Glob[] | undefined): string[] {
  const { platform, lets, issuer } = scene
  const named = subjects ?? []
  const tenant = platform.tenantClaims.some((name) => !isAny(valuesOf(lets, name)))
  const anybody = named.length === 0 || named.some((each) => openingOf(shown(each), platform) === 'owner')
  return [
    ...(issuer === '' && !valuesOf(lets, 'iss').texts?.all.length
      ? ['any issuer that is a provider here']
      : []),
    ...(platform.shared && anybody && !tenant
      ? ['everybody at the issuer, not your organisation alone']
      : []),
    ...((subjects ?? [like('*')]).some((each) => takesPullRequests(each, scene)) ? [unreviewed] : []),
    ...[...lets.claims]
      .filter(([name, values]) => name !== clientName && isOptional(values))
      .map(([name]) => `tokens without ${name} too`),
  ]
}

/** Whether the job of a pull request of the same project gets in, where its subject shows what it is. */
function takesPullRequests(subject: Glob, { platform, issuer, lets, except }: Scene): boolean {
  const text = shown(subject)
  const job = jobIn(text)
  const pull = platform.token(issuer, { ...job, event: 'pull_request' })
  if (pull.sub === platform.token(issuer, job).sub) return false
  const asked = new Map([...lets.claims].filter(([name]) => name === 'sub' || isOwn(name, pull)))
  const kept = except.some((each) => each.conditions.size === 0 && hasToken(each, pull))
  return !kept && hasToken({ claims: asked, conditions: new Map() }, pull)
}

// What a job’s author chooses, or what has nothing to do with the event, is met by some pull request.
function isOwn(name: string, pull: Readonly<Record<string, unknown>>): boolean {
  return ['ref', 'event_name', 'environment'].includes(name) && pull[name] !== undefined
}

function isOptional({ absent, texts }: ValueSet): boolean {
  return absent && texts !== undefined && texts.all.length > 0
}
