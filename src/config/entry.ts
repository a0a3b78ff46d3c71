import { resolve } from 'node:path'
import type { AwsStep, CredentialPlan, GoogleStep, SourceChoice, Step } from '../plan.ts'
import { parseDuration } from '../wire/duration.ts'
import { type Problem, shown } from '../wire/placed-document.ts'
import type { Environment } from '../world.ts'
import { endpointProblem, stsEndpoint } from './endpoint.ts'
import { roleArnAt } from './forms.ts'
import { cloudPlatform, googleTokenUrl, impersonationUrl, projectOf, providerAudience } from './google.ts'
import type { AwsEntry, FileCredential, GoogleEntry } from './schema.ts'
import { sessionName } from './session-name.ts'

export interface EntryPlace {
  readonly env: Environment
  /** What relative paths are relative to. */
  readonly directory: string
  readonly origin: string
}

/** What is wrong with an entry beyond the form of its members. */
export function entryProblems(entry: FileCredential, env: Environment): Problem[] {
  return [
    ...endpointProblems(entry),
    ...roleProblems(entry, env),
    ...lifetimeProblems(entry),
    ...viaProblems(entry),
    ...fromProblems(entry),
  ]
}

function endpointProblems(entry: FileCredential): Problem[] {
  const urls = { endpoint: entry.endpoint, tokenUrl: entry.to === 'google' ? entry.tokenUrl : undefined }
  return Object.entries(urls).flatMap(([member, url]) => {
    const why = url && endpointProblem(url)
    return why ? [{ path: [member], why }] : []
  })
}

/** A role that only another token service than AWS can know is for an endpoint. */
function roleProblems(entry: FileCredential, env: Environment): Problem[] {
  const [member, roles] = entry.to === 'aws' ? ['role', entry.role] : ['via', entry.via]
  return listOf(roles).flatMap((role, i) => {
    const { pattern, expected } = roleArnAt(endpointOf(entry, env))
    if (pattern.test(role)) return []
    const path = typeof roles === 'string' ? [member] : [member, i]
    return [{ path, why: `expected ${expected} where no endpoint is named, got ${shown(role)}` }]
  })
}

function lifetimeProblems(entry: FileCredential): Problem[] {
  if (!entry.lifetime) return []
  const [least, most, why] = lifetimeLimits(entry)
  const seconds = parseDuration(entry.lifetime)
  if (seconds >= least && seconds <= most) return []
  return [{ path: ['lifetime'], why: `expected ${least} s to ${most} s (${why}), got ${seconds} s` }]
}

/** @see AssumeRole "DurationSeconds"; generateAccessToken "lifetime". */
function lifetimeLimits(entry: FileCredential): [least: number, most: number, why: string] {
  if (entry.to === 'google')
    return [600, 43200, 'what Google gives, and more than 3600 s only by organization policy']
  if (listOf(entry.role).length > 1) return [900, 3600, 'what AWS gives to a role in a chain']
  return [900, 43200, 'what AWS gives']
}

function viaProblems(entry: FileCredential): Problem[] {
  if (entry.to !== 'google') return []
  const problems: Problem[] = []
  if (entry.lifetime && !entry.serviceAccount)
    problems.push({
      path: ['lifetime'],
      why: 'can be chosen only with a serviceAccount: without, Google decides',
    })
  for (const member of ['sessionName', 'externalId'] as const)
    if (entry[member] && !entry.via)
      problems.push({ path: [member], why: 'is for AWS roles, and `via` names none' })
  return problems
}

/** The sources that take each of these; of the others, no one would read it. */
const takers: Readonly<Record<string, readonly string[]>> = {
  file: ['token-file', 'kubernetes'],
  field: ['token-file'],
  variable: ['gitlab-ci'],
}

function fromProblems({ from }: FileCredential): Problem[] {
  if (typeof from !== 'object') return []
  const { source, ...rest } = from
  return Object.keys(rest)
    .filter((member) => !takers[member]?.includes(source))
    .map((member) => ({ path: ['from', member], why: `${source} takes no ${member}` }))
}

/** @throws CONFIG_FIELD when a variable names an endpoint that no proof may be sent to */
export function entryPlan(entry: FileCredential, place: EntryPlace): CredentialPlan {
  return entry.to === 'aws' ? awsPlan(entry, place) : googlePlan(entry, place)
}

function awsPlan(entry: AwsEntry, place: EntryPlace): CredentialPlan {
  const steps = awsSteps(listOf(entry.role), entry, place)
  const durationSeconds = entry.lifetime && parseDuration(entry.lifetime)
  const last = { ...steps.at(-1)!, ...(durationSeconds && { durationSeconds }) }
  return {
    ...planBase(entry, place),
    steps: chain(entry, [...steps.slice(0, -1), last]),
    deliveries: entry.deliver ?? ['ecs'],
  }
}

function googlePlan(entry: GoogleEntry, place: EntryPlace): CredentialPlan {
  const project = entry.project ?? projectOf(place.env, entry.serviceAccount)
  return {
    ...planBase(entry, place),
    steps: chain(entry, [...awsSteps(listOf(entry.via), entry, place), googleStep(entry, place)]),
    deliveries: entry.deliver ?? ['gce'],
    ...(project && { project }),
  }
}

function planBase(entry: FileCredential, { env, directory, origin }: EntryPlace) {
  const region = entry.to === 'aws' ? regionOf(entry, env) : entry.region
  return {
    name: entry.name ?? entry.to,
    from: choiceOf(entry.from, directory),
    origin,
    ...(region && { region }),
  }
}

/** The variables matter where the source gives a JWT, which has no region. */
const regionOf = ({ region }: FileCredential, env: Environment) =>
  region || env.AWS_REGION || env.AWS_DEFAULT_REGION

function choiceOf(from: FileCredential['from'], directory: string): SourceChoice {
  if (!from) return {}
  if (typeof from === 'string') return { name: from }
  const { source, file, field, variable } = from
  return {
    name: source,
    ...(file && { file: resolve(directory, file) }),
    ...(field && { field }),
    ...(variable && { variable }),
  }
}

/** Only the first step asks the source for a proof, so the audience is its. */
function chain({ audience }: FileCredential, steps: readonly Step[]): CredentialPlan['steps'] {
  const [first, ...rest] = steps
  return [{ ...first!, ...(audience && { audience }) }, ...rest]
}

/** ExternalId is what the owner of the last role asks for; the roles before it are one's own. */
function awsSteps(roles: readonly string[], entry: FileCredential, { env }: EntryPlace): AwsStep[] {
  const { externalId } = entry
  const region = regionOf(entry, env)
  const endpoint = roles.length ? endpointOf(entry, env) : undefined
  return roles.map((role, i) => ({
    to: 'aws',
    role,
    sessionName: entry.sessionName ?? sessionName(env),
    ...(region && { region }),
    ...(endpoint && { endpoint }),
    ...(externalId && i === roles.length - 1 && { externalId }),
  }))
}

const endpointOf = ({ endpoint }: FileCredential, env: Environment) => endpoint ?? stsEndpoint(env)

function googleStep(entry: GoogleEntry, { env }: EntryPlace): GoogleStep {
  const { provider, scopes = [cloudPlatform], serviceAccount, lifetime } = entry
  const region = regionOf(entry, env)
  const host = entry.endpoint?.replace(/\/$/, '')
  const lifetimeSeconds = lifetime && parseDuration(lifetime)
  return {
    to: 'google',
    provider: providerAudience(provider),
    scopes,
    tokenUrl: entry.tokenUrl ?? (host ? `${host}/v1/token` : googleTokenUrl),
    ...(region && { region }),
    ...(serviceAccount && {
      impersonation: {
        email: serviceAccount,
        url: impersonationUrl(serviceAccount, host),
        ...(lifetimeSeconds && { lifetimeSeconds }),
      },
    }),
  }
}

const listOf = (roles: string | readonly string[] = []) => (typeof roles === 'string' ? [roles] : roles)
