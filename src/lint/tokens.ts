import { compileGlob } from '../trust/match.ts'
import { type Job, ofEvent, own, stranger } from './platforms.ts'
import type { Claims } from './rule.ts'
import { isPattern, restricts, type WebStatement } from './statements.ts'

/** What whoever writes a pipeline chooses for it. */
const chosen = [
  'aud',
  'ref',
  'environment',
  'workflow',
  'job_workflow_ref',
  'event_name',
  'ref_protected',
  'pipeline_source',
  'runner_environment',
  'build_branch',
]

/** A token of a job that meets every condition of a statement that its author can meet. */
export function tokenOf(statement: WebStatement, job: Job): Claims {
  return { ...statement.platform.token(statement.issuer, job), ...metBy(statement, chosen) }
}

/** A token of a job of the project that is meant: it meets every condition but those on what led to the job. */
export function ownToken(statement: WebStatement, job: Job): Claims {
  const met = Object.entries(metBy(statement, undefined)).filter(([name]) => !ofEvent.includes(name))
  return { ...statement.platform.token(statement.issuer, job), ...Object.fromEntries(met) }
}

/** A token that is meant to pass: it meets the conditions, on whatever claim. */
export function meantToken(statement: WebStatement, change: Claims = {}): Claims {
  const { platform, issuer } = statement
  const job = jobMeant(statement)
  const base = platform.token(issuer, job)
  const met = metBy(statement, undefined)
  return { ...base, ...met, sub: subjectMeant(statement, String(base.sub)), ...change }
}

/** The job that the subjects of a statement are of, as far as they say it. */
export function jobMeant({ conditions }: Pick<WebStatement, 'conditions'>): Job {
  const patterns = conditions.filter(({ claim }) => claim === 'sub').flatMap(({ values }) => values)
  return jobIn(patterns[0] ?? '')
}

/** The owner and project in a subject or a pattern for one; ours, where it leaves them open. */
export function jobIn(pattern: string): Job {
  const [, owner, project] =
    /^(?:repo:|project_path:)([^/*?]+)\/([^:*?]+)(?=:)/.exec(pattern) ??
    /^system:serviceaccount:([^:*?]+):([^:*?]+)$/.exec(pattern) ??
    /^organization:([^:*?]+):(?:pipeline|project:[^:]+:workspace):([^:*?]+)/.exec(pattern) ??
    /^org\/([^/*?]+)\/project\/([^/*?]+)\//.exec(pattern) ??
    []
  const alone = /^(?:repo:|project_path:|organization:|system:serviceaccount:|org\/)([^/:*?]+)(?=[/:])/.exec(
    pattern,
  )?.[1]
  return { owner: owner ?? alone ?? own.owner, project: project ?? begun(pattern) ?? own.project }
}

/** How the project's name begins where a wildcard follows. */
function begun(pattern: string): string | undefined {
  return /^(?:(?:repo|project_path):[^/*?]+\/|system:serviceaccount:[^:*?]+:|organization:[^:*?]+:(?:pipeline:|project:[^:*?]+:workspace:))([^:*?]+)/.exec(
    pattern,
  )?.[1]
}

/** Other projects of the same owner, of which some have names that begin alike. */
export function neighbours({ owner, project }: Job): Job[] {
  return ['playground', `${project}-evil`, `${project}evil`].map((other) => ({ owner, project: other }))
}

/** A subject that fits what the statement says of it: the platform's usual one, or the pattern without its wildcards. */
function subjectMeant({ conditions }: WebStatement, usual: string): string {
  const subject = conditions.find((each) => each.claim === 'sub' && !each.negated && each.base !== 'Null')
  const [pattern] = subject?.values ?? []
  if (pattern === undefined) return usual
  return compileGlob(pattern).matches(usual) ? usual : filled(pattern)
}

/** A text that a pattern fits. */
export function filled(pattern: string): string {
  return pattern.replaceAll(/\*+/g, 'x').replaceAll('?', 'x')
}

/** Whether a reusable workflow is one that can change: on a branch, or on whatever a wildcard fits. */
export function isMoving(workflow: string): boolean {
  return workflow.includes('@refs/heads/') || /@(.*[*?])?$|^[^@]*\*$/.test(workflow)
}

/** The commit is whoever mends it to fill in. */
export function pinned(workflow: string): string {
  return `${workflow.replace(/@.*$/, '')}@COMMIT`
}

/** Whether a subject names the commit of one job (Buildkite). */
export function isVarying(subject: string): boolean {
  return /:commit:[0-9a-f]{7,64}(?=:|$)/.test(subject)
}

/** The claims with which conditions hold, of those that are named. */
function metBy({ conditions }: WebStatement, names: readonly string[] | undefined): Claims {
  const met = conditions.flatMap((each) => {
    const { claim, values } = each
    if (claim === undefined || claim === 'sub' || !restricts(each) || (names && !names.includes(claim)))
      return []
    const [value = ''] = values
    return [[claim, isPattern(each) ? filled(value) : value]]
  })
  return Object.fromEntries(met)
}

/** Jobs of somebody else, whose names may begin as an owner's does. */
export function strangers(pattern: string): Job[] {
  const begins = /^(?:repo:|project_path:|organization:|system:serviceaccount:)([^/:*?]*)/.exec(pattern)?.[1]
  const project = jobIn(pattern).project
  return [
    stranger,
    { ...stranger, project },
    ...(begins
      ? [
          { owner: `${begins}-evil`, project },
          { owner: `${begins}evil`, project },
        ]
      : []),
  ]
}

/** Subjects of somebody else that a pattern without parts lets in. */
export function strangeTokens(statement: WebStatement, pattern = ''): Claims[] {
  const tokens = strangers(pattern).map((job) => tokenOf(statement, job))
  return pattern === '' ? tokens : [...tokens, { ...tokens[0], sub: filled(pattern) }]
}
