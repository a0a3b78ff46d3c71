import type { FederatedCredentialDocument } from '../registry/documents.ts'
import type { GivenCredential } from '../registry/given.ts'
import { foreignAudiences } from './aws-keys.ts'
import { type Opening, openingOf, type Platform, platformOf } from './platforms.ts'
import type { Claims, Rule, Suspicion } from './rule.ts'
import { filled, jobIn, strangers } from './tokens.ts'

// Whose tokens a federated identity credential of Entra lets in.

type Given = Parameters<Rule['find']>[0]

interface Credential {
  readonly given: GivenCredential
  readonly platform: Platform
  /** The subject, or the pattern for it. */
  readonly subject: string
  readonly isPattern: boolean
}

function credentialsOf({ credentials }: Given): Credential[] {
  return credentials.map((given) => {
    const { issuer, subject, claimsMatchingExpression: expression } = given.document
    const [, operator, pattern] =
      /claims\['sub'\]\s+(eq|matches)\s+'([^']*)'/.exec(expression?.value ?? '') ?? []
    const text = subject ?? pattern ?? ''
    return { given, platform: platformOf(issuer, text), subject: text, isPattern: operator === 'matches' }
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
        fixed: flexible(each, each.subject),
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
      tokens: [tokenFor(each, { ...jobIn(each.subject), project: 'playground' })],
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
        isPattern ? openingOf(subject, platform) === 'job' : /:(pull_request|run_phase:plan)$/.test(subject),
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

export const nameNotId: Rule = {
  id: 'entra-name-not-id',
  severity: 'low',
  what: 'a credential goes by names that somebody else can have later',
  why: 'A deleted or renamed owner or repository leaves its name to whoever takes it. GitHub’s immutable subjects have its numbers in them.',
  find: (given) =>
    credentialsOf(given)
      .filter(
        ({ given, platform }) => given.document.subject !== undefined && platform.immutable !== undefined,
      )
      .filter(({ subject }) => /^repo:[^@*?]+:/.test(subject))
      .map((each) => {
        const meant = meantToken(each)
        const immutable = subjectWithIds(each.subject, meant)
        return {
          ...suspected(each, ['subject']),
          message: 'the subject goes by names alone',
          tokens: [{ ...tokenFor(each, { ...jobIn(each.subject), recycled: true }), sub: each.subject }],
          legitimate: [{ ...meant, sub: immutable }],
          fixed: { ...each.given.document, subject: immutable },
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

function tokenFor({ given, platform }: Credential, job: Parameters<Platform['token']>[1]): Claims {
  const { issuer, audiences, claimsMatchingExpression: expression } = given.document
  const others = [...(expression?.value ?? '').matchAll(/claims\['(\w+)'\]\s+(?:eq|matches)\s+'([^']*)'/g)]
  const met = others
    .filter(([, claim]) => claim !== 'sub')
    .map(([, claim, value = '']) => [claim, filled(value)])
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
  return { ...rest, subject: String(tokenFor(credential, jobIn(credential.subject)).sub) }
}

function flexible({ given }: Credential, pattern: string): FederatedCredentialDocument {
  const { subject: _, ...rest } = given.document
  return {
    ...rest,
    claimsMatchingExpression: { value: `claims['sub'] matches '${pattern}'`, languageVersion: 1 },
  }
}

function subjectWithIds(
  subject: string,
  { repository_owner_id: owner, repository_id: repository }: Claims,
): string {
  return subject.replace(/^repo:([^/]+)\/([^:]+):/, `repo:$1@${owner}/$2@${repository}:`)
}
