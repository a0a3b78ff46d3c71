import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { SourceChoice } from '../plan.ts'
import { shown } from '../wire/placed-document.ts'
import type { Environment } from '../world.ts'
import type { EndpointSetting } from './endpoint.ts'
import type { Finding } from './finding.ts'
import { type Ini, readIni } from './ini.ts'
import { settingError } from './mistakes.ts'
import { readTextIfAny } from './read-text.ts'

/** What the variables or a profile say of one credential. */
export interface AwsSettings {
  readonly origin: string
  readonly from: SourceChoice
  readonly steps: readonly RoleSettings[]
  readonly region?: string | undefined
  readonly endpoint?: EndpointSetting | undefined
}

export interface RoleSettings {
  /** Where the role is named, for messages: `AWS_ROLE_ARN`, `role_arn of the profile deploy`. */
  readonly place: string
  readonly role: string
  readonly sessionName?: string | undefined
  readonly durationSeconds?: number | undefined
  readonly externalId?: string | undefined
}

type Profile = ReadonlyMap<string, string>
type Absent = Extract<Finding, { absent: unknown }>

interface Profiles {
  readonly files: readonly [config: string, credentials: string]
  readonly cwd: string
  get(name: string): Profile | undefined
  services(name: string): Profile | undefined
}

/**
 * The profile that AWS_PROFILE names, or `default`, if it assumes a role by a proof that the platform gives: a token file, a chain of
 * profiles that begins with one, or `credential_source`. What the SDKs can do and Mayfly has no part in (stored keys, SSO) is absent.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
 * @throws CONFIG_FILE, CONFIG_FIELD
 */
export async function readProfile(
  env: Environment,
  cwd: string,
): Promise<{ settings: AwsSettings } | Absent> {
  const profiles = await readProfiles(env, cwd)
  const name = env.AWS_PROFILE || env.AWS_DEFAULT_PROFILE || 'default'
  const found = chainOf(name, profiles, [])
  if (typeof found === 'string') return { absent: [{ what: `the AWS profile ${name}`, why: found }] }
  const profile = profiles.get(name)
  const settings = {
    origin: `the AWS profile ${name} in ${profiles.files[0]}`,
    ...found,
    region: profile?.get('region'),
    endpoint: endpointOf(name, profiles),
  }
  return { settings }
}

async function readProfiles(env: Environment, cwd: string): Promise<Profiles> {
  const home = env.HOME || env.USERPROFILE || homedir()
  const place = (given: string | undefined, usual: string) =>
    given ? resolve(cwd, given.replace(/^~(?=\/|$)/, home)) : join(home, '.aws', usual)
  const files = [
    place(env.AWS_CONFIG_FILE, 'config'),
    place(env.AWS_SHARED_CREDENTIALS_FILE, 'credentials'),
  ] as const
  const read = async (file: string) => readIni((await readTextIfAny(file, `the AWS file ${file}`)) ?? '')
  const [config, credentials] = [await read(files[0]), await read(files[1])]
  return {
    files,
    cwd,
    get: (name) => merged(name, config, credentials),
    services: (name) => config.get(`services ${name}`),
  }
}

/** The credentials file wins where both have a setting; in the config file, `[default]` needs no `profile`. */
function merged(name: string, config: Ini, credentials: Ini): Profile | undefined {
  const sections = [
    config.get(`profile ${name}`) ?? (name === 'default' ? config.get(name) : undefined),
    credentials.get(name),
  ]
  const found = sections.filter((section) => section !== undefined)
  return found.length ? new Map(found.flatMap((section) => [...section])) : undefined
}

interface Chain {
  readonly from: SourceChoice
  readonly steps: readonly RoleSettings[]
}

/** The roles of a profile and of those that it stands on, in the order of assuming; a reason in words when that is not Mayfly's. */
function chainOf(name: string, profiles: Profiles, above: readonly string[]): Chain | string {
  const profile = profiles.get(name)
  if (!profile) return `is in neither ${profiles.files.join(' nor ')}`
  if (above.includes(name))
    throw settingError(
      `source_profile of the AWS profile ${name}`,
      `the profiles ${[...above, name].join(' → ')} name each other`,
    )
  const role = profile.get('role_arn')
  if (!role) return 'has no role_arn'
  const begin = beginningOf(name, profile, profiles, above)
  if (typeof begin === 'string') return begin
  return { from: begin.from, steps: [...begin.steps, roleOf(name, role, profile)] }
}

const credentialSources: Readonly<Record<string, SourceChoice>> = {
  EcsContainer: { name: 'ecs' },
  Environment: { name: 'aws-environment' },
}

function beginningOf(
  name: string,
  profile: Profile,
  profiles: Profiles,
  above: readonly string[],
): Chain | string {
  const file = profile.get('web_identity_token_file')
  if (file) return { from: { name: 'token-file', file: resolve(profiles.cwd, file) }, steps: [] }
  if (profile.has('mfa_serial')) return 'asks for a person (mfa_serial)'
  const named = profile.get('credential_source')
  const from = named && credentialSources[named]
  if (from) return { from, steps: [] }
  if (named) return `has the credential_source ${named.slice(0, 60)}, which Mayfly does not read`
  const source = profile.get('source_profile')
  if (!source)
    return 'has a role_arn, but neither web_identity_token_file, source_profile nor credential_source'
  if (source === name) return 'stands on keys that are stored in the profile itself'
  const chain = chainOf(source, profiles, [...above, name])
  return typeof chain === 'string' ? `stands on the profile ${source}, which ${chain}` : chain
}

function roleOf(name: string, role: string, profile: Profile): RoleSettings {
  return {
    place: `role_arn of the AWS profile ${name}`,
    role,
    sessionName: profile.get('role_session_name'),
    durationSeconds: durationOf(name, profile),
    externalId: profile.get('external_id'),
  }
}

function durationOf(name: string, profile: Profile): number | undefined {
  const text = profile.get('duration_seconds')
  if (text === undefined) return undefined
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (seconds >= 900 && seconds <= 43200) return seconds
  throw settingError(
    `duration_seconds of the AWS profile ${name}`,
    `expected 900 to 43200, got ${shown(text)}`,
  )
}

/** @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html "services" sections */
function endpointOf(name: string, profiles: Profiles): EndpointSetting | undefined {
  const profile = profiles.get(name)
  const services = profile?.get('services')
  const url =
    (services && profiles.services(services)?.get('sts.endpoint_url')) || profile?.get('endpoint_url')
  return url ? { place: `endpoint_url of the AWS profile ${name}`, url } : undefined
}
