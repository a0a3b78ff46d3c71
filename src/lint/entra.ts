import { madeUpUuid } from '../issuer/made-up.ts'
import type { FederatedCredentialDocument } from '../registry/documents.ts'
import type { GivenCredential } from '../registry/given.ts'
import { compileCredential } from '../trust/entra.ts'
import { claimsBesideSubject, type Term } from '../trust/entra-expression.ts'
import { foreignAudiences } from './aws-keys.ts'
import { type Opening, openingOf, type Platform, platformOf } from './platforms.ts'
import type { Claims, Rule, Suspicion } from './rule.ts'
import { filled, isMoving, isVarying, jobIn, neighbours, pinned, strangers } from './tokens.ts'

// Whose tokens a federated identity credential of Entra lets in.

type Given = Parameters<Rule['find']>[0]

interface Credential {
  readonly given: GivenCredential
  readonly platform: Platform
  /** The subject, or the pattern for it. */
  readonly subject: string
  readonly isPattern: boolean
  /** Of a flexible credential, what it compares besides the subject. */
  readonly others: readonly Term[]
}

function credentialsOf({ credentials }: Given): Credential[] {
  return credentials.map((given) => {
    const { issuer, subject } = given.document
    const { terms } = compileCredential(given.document)
    const term = terms.find(({ claim }) => claim === 'sub')
    const text = subject ?? term?.expected ?? ''
    const others = terms.filter((each) => each !== term)
    return {
      given,
      platform: platformOf(issuer, text),
      subject: text,
      isPattern: term?.operator === 'matches',
      others,
    }
  })
}

export const literalWildcard: Rule = {
  id: 'entra-literal-wildcard',
  severity: 'medium',
  what: 'Entra takes * and ? in a subject literally',
  why: 'A subject is compared character for character, so nobody gets in: only a claimsMatchingExpression has wildcards.',
  find: (given) =>
    credentialsOf(given)
      .filter(({ given, subject }) => given.document.subject !== undefined && /[*?]/.test(subject))
      .map((each) => ({
        ...suspected(each, ['subject']),
        message: `${JSON.stringify(each.subject)} is compared character for character`,
        effect: 'refuses',
        tokens: [meantToken(each)],
        fixed: withTerms(each, [`claims['sub'] matches '${each.subject}'`]),
      })),
}

export const anyOwner: Rule = {
  id: 'entra-any-owner',
  severity: 'critical',
  what: 'a wildcard stands before the end of the owner',
  why: 'A pattern such as repo:* or repo:acme* fits the subjects of other people’s organisations, and anybody can make one.',
  find: (given) =>
    open(given, 'owner').map((each) => ({
      ...suspected(each, expressionPath),
      message: `${JSON.stringify(each.subject)} fits subjects of other owners`,
      tokens: strangers(each.subject).map((job) => tokenFor(each, job)),
      fixed: exact(each),
    })),
}

export const anyProject: Rule = {
  id: 'entra-any-project',
  severity: 'medium',
  what: 'a credential is for every project of an owner',
  why: 'Whoever may create a repository or a workspace there gets the identity.',
  find: (given) =>
    open(given, 'project').map((each) => ({
      ...suspected(each, expressionPath),
      message: `${JSON.stringify(each.subject)} fits every project of its owner`,
      tokens: neighbours(jobIn(each.subject)).map((job) => tokenFor(each, job)),
      fixed: exact(each),
    })),
}

export const pullRequest: Rule = {
  id: 'entra-pull-request',
  severity: 'high',
  what: 'a credential is for the jobs of pull requests and plans too',
  why: 'The code of a pull request, or of a plan, has not been reviewed when its job runs.',
  find: (given) =>
    credentialsOf(given)
      .filter(({ subject, isPattern, platform }) =>
        isPattern
          ? ['job', 'project'].includes(openingOf(subject, platform))
          : /:(pull_request|run_phase:plan)$/.test(subject),
      )
      .map((each) => ({
        ...suspected(each, each.isPattern ? expressionPath : ['subject']),
        legitimate: [tokenFor(each, jobIn(each.subject))],
        message: `${JSON.stringify(each.subject)} fits jobs of pull requests or plans`,
        tokens: [tokenFor(each, { ...jobIn(each.subject), event: 'pull_request' })].filter(
          (token) => token.sub !== tokenFor(each, jobIn(each.subject)).sub,
        ),
        fixed: exact(each),
      })),
}

export const anyRef: Rule = {
  id: 'entra-any-ref',
  severity: 'medium',
  what: 'a credential is for every branch of a project',
  why: 'Whoever may push a branch gets the identity: protecting the main branch does not help.',
  find: (given) =>
    [...open(given, 'job'), ...open(given, 'project')].flatMap((each) => {
      const pushed = tokenFor(each, jobIn(each.subject))
      const branch = String(pushed.sub).replace(/main$/, 'feature')
      if (branch === pushed.sub) return []
      return {
        ...suspected(each, expressionPath),
        legitimate: [pushed],
        message: `${JSON.stringify(each.subject)} fits every branch`,
        tokens: [{ ...pushed, ref: String(pushed.ref).replace('main', 'feature'), sub: branch }],
        fixed: exact(each),
      }
    }),
}

export const movingWorkflow: Rule = {
  id: 'entra-workflow-branch',
  severity: 'low',
  what: 'a credential is for a workflow as it is on a branch',
  why: 'job_workflow_ref that ends in a branch is whatever that branch holds tomorrow: a tag that nobody can move, or a commit, is what was reviewed.',
  find: (given) =>
    credentialsOf(given).flatMap((each) => {
      const term = each.others.find(({ claim }) => claim === 'job_workflow_ref')
      if (!term || !isMoving(term.expected)) return []
      return {
        ...suspected(each, expressionPath),
        message: `${term.expected} is whatever the branch holds`,
        effect: 'weakens',
        tokens: [],
        legitimate: [{ ...meantToken(each), job_workflow_ref: pinned(filled(term.expected)) }],
        fixed: withTerms(each, [
          subjectTerm(each),
          `claims['job_workflow_ref'] eq '${pinned(filled(term.expected))}'`,
          ...termsBut(each, 'job_workflow_ref'),
        ]),
      }
    }),
}

export const nameNotId: Rule = {
  id: 'entra-name-not-id',
  severity: 'low',
  what: 'a credential goes by names that somebody else can have later',
  why: 'A deleted or renamed owner or repository leaves its name to whoever takes it. GitHub’s immutable subjects have its numbers in them, and a flexible credential can compare repository_id or project_id besides.',
  find: (given) =>
    credentialsOf(given)
      .filter(({ platform }) => platform.shared)
      .filter((each) => claimsBesideSubject(each.given.document.issuer).includes(immutableOf(each)))
      .filter(({ subject, others }) => !hasNumber(subject) && !others.some(({ claim }) => /_id$/.test(claim)))
      .filter(({ subject, platform }) => ['job', 'none'].includes(openingOf(subject, platform)))
      .map((each) => {
        const meant = meantToken(each)
        const claim = immutableOf(each)
        const recycled = tokenFor(each, { ...jobIn(each.subject), recycled: true })
        return {
          ...suspected(each, each.given.document.subject === undefined ? expressionPath : ['subject']),
          message: 'the subject goes by names alone',
          tokens: [{ ...recycled, sub: meant.sub }],
          fixed: withTerms(each, [
            subjectTerm(each),
            ...termsBut(each),
            `claims['${claim}'] eq '${meant[claim]}'`,
          ]),
        }
      }),
}

function immutableOf({ platform }: Credential): string {
  return platform.immutable ?? 'none'
}

function hasNumber(subject: string): boolean {
  return /^repo:[^/]+@\d+\/[^:]+@\d+:|^project_id:/.test(subject)
}

export const varyingSubject: Rule = {
  id: 'entra-varying-subject',
  severity: 'medium',
  what: 'a credential is for a subject that no later job has',
  why: 'A subject of Buildkite names the commit, and Entra compares all of it. `buildkite-agent oidc request-token --subject-claim pipeline_id` makes a token whose subject stays.',
  find: (given) =>
    credentialsOf(given)
      .filter(({ given, subject }) => given.document.subject !== undefined && isVarying(subject))
      .map((each) => {
        const sub = madeUpUuid(`pipeline ${jobIn(each.subject).project}`)
        return {
          ...suspected(each, ['subject']),
          effect: 'weakens',
          message: `${JSON.stringify(each.subject)} is of one commit, and the next job has another`,
          tokens: [],
          legitimate: [{ ...meantToken(each), sub }],
          fixed: { ...each.given.document, subject: sub },
        }
      }),
}

export const sharedAudience: Rule = {
  id: 'entra-shared-audience',
  severity: 'medium',
  what: 'a credential takes tokens that are made for somebody else',
  why: 'Whoever receives a token with a default audience, or with another cloud’s, can present it here until it expires.',
  find: (given) =>
    credentialsOf(given)
      .filter(({ given }) => given.document.audiences.some((each) => foreignAudiences.entra.test(each)))
      .map((each) => ({
        ...suspected(each, ['audiences']),
        message: `${each.given.document.audiences.join(', ')} is an audience of other services`,
        tokens: [meantToken(each)],
        legitimate: [{ ...meantToken(each), aud: usualAudience }],
        fixed: { ...each.given.document, audiences: [usualAudience] },
      })),
}

// ── what these share ───────────────────────────────────────────────────────────────────────────────────

const expressionPath = ['claimsMatchingExpression', 'value']
const usualAudience = 'api://AzureADTokenExchange'

function open(given: Given, opening: Opening): Credential[] {
  return credentialsOf(given).filter(
    ({ subject, isPattern, platform }) => isPattern && openingOf(subject, platform) === opening,
  )
}

function suspected(credential: Credential, path: Suspicion['path']) {
  const legitimate: readonly Claims[] = [meantToken(credential)]
  return {
    document: { kind: 'credential', given: credential.given },
    path,
    effect: 'admits',
    legitimate,
  } as const
}

function tokenFor({ given, platform, others }: Credential, job: Parameters<Platform['token']>[1]): Claims {
  const { issuer, audiences } = given.document
  const met = others.map(({ claim, operator, expected }) => [
    claim,
    operator === 'matches' ? filled(expected) : expected,
  ])
  return { ...platform.token(issuer, job), ...Object.fromEntries(met), aud: audiences[0] }
}

function meantToken(credential: Credential): Claims {
  const { subject } = credential
  const usual = tokenFor(credential, jobIn(subject))
  const literal = /^[^*?]*/.exec(subject)![0]
  const sub = String(usual.sub).startsWith(literal) && literal !== subject ? usual.sub : filled(subject)
  return { ...usual, sub }
}

/** For one job alone, in place of a pattern. */
function exact(credential: Credential): FederatedCredentialDocument {
  const { claimsMatchingExpression: _, ...rest } = credential.given.document
  const subject = String(tokenFor(credential, jobIn(credential.subject)).sub)
  if (credential.others.length === 0) return { ...rest, subject }
  return withTerms(credential, [`claims['sub'] eq '${subject}'`, ...termsBut(credential)])
}

function withTerms({ given }: Credential, terms: readonly string[]): FederatedCredentialDocument {
  const { subject: _, ...rest } = given.document
  return { ...rest, claimsMatchingExpression: { value: terms.join(' and '), languageVersion: 1 } }
}

function subjectTerm({ subject, isPattern }: Credential): string {
  return `claims['sub'] ${isPattern ? 'matches' : 'eq'} '${subject}'`
}

/** The other terms as they are written. */
function termsBut({ others }: Credential, claim?: string): string[] {
  return others
    .filter((each) => each.claim !== claim)
    .map((each) => `claims['${each.claim}'] ${each.operator} '${each.expected}'`)
}
