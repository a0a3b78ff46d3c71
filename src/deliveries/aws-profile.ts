import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Environment } from '../world.ts'
import type { Change } from './delivery.ts'
import { writePrivate } from './private-file.ts'

const secretKeys = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token']
// What makes a profile give credentials, and what only makes sense beside it.
const credentialKeys = new Set([
  ...secretKeys,
  'credential_process',
  'credential_source',
  'duration_seconds',
  'external_id',
  'login_session',
  'mfa_serial',
  'role_arn',
  'role_session_name',
  'source_profile',
  'sso_account_id',
  'sso_region',
  'sso_role_name',
  'sso_session',
  'sso_start_url',
  'web_identity_token_file',
])

interface Line {
  readonly text: string
  /** `deploy` for what is in `[profile deploy]` or `[deploy]`; empty before the first section. */
  readonly section: string
  readonly heading: boolean
  /** The setting that the line is of, also for the indented lines below it; empty for the rest. */
  readonly key: string
}

export interface Rewriting {
  /** The profile whose settings, its credentials apart, become those of the default one. Default: `default`. */
  readonly active?: string
  /** What the default profile has besides. */
  readonly settings?: Readonly<Record<string, string>>
}

/**
 * An AWS config file whose default profile names no identity but the one in `settings`. Regions, endpoints and the
 * other profiles stay as they are; keys are copied from no profile.
 */
export function rewriteDefault(text: string, { active = 'default', settings = {} }: Rewriting = {}): string {
  const all = linesOf(text)
  const isDropped = (key: string) => credentialKeys.has(key) || Object.hasOwn(settings, key)
  const kept = all.filter(({ section, heading, key }) => section === active && !heading && !isDropped(key))
  const others = all.filter(({ section, key }) => section !== 'default' && !secretKeys.includes(key))
  const added = Object.entries(settings).map(([key, value]) => `${key} = ${value}`)
  const texts = (lines: readonly Line[]) => lines.map((line) => line.text)
  return `${['[default]', ...added, ...texts(kept), ...texts(others)].join('\n').trimEnd()}\n`
}

function linesOf(text: string): Line[] {
  let section = ''
  let key = ''
  return text.split(/\r?\n/).map((line) => {
    const name = sectionOf(line)
    if (name !== undefined) section = name
    if (name !== undefined) key = ''
    else if (!/^\s/.test(line)) key = keyOf(line)
    return { text: line, section, heading: name !== undefined, key }
  })
}

function sectionOf(line: string): string | undefined {
  const heading = line.trim()
  const end = heading.indexOf(']')
  if (!heading.startsWith('[') || end < 0) return undefined
  const [kind = '', ...rest] = heading.slice(1, end).replaceAll(/["']/g, '').trim().split(/\s+/)
  return kind === 'profile' ? rest.join(' ') : [kind, ...rest].join(' ')
}

function keyOf(line: string): string {
  const at = line.indexOf('=')
  return at < 0 || line.startsWith('#') || line.startsWith(';') ? '' : line.slice(0, at).trim().toLowerCase()
}

function givesCredentials(text: string): boolean {
  return linesOf(text).some(({ section, key }) => section === 'default' && credentialKeys.has(key))
}

export interface ProfileSetting {
  readonly env: Environment
  readonly directory: string
  readonly log: (line: string) => void
}

/**
 * The user's AWS config file for a program that is to take no profile's identity; undefined when the file itself will
 * do, as there is no profile that would win over the delivery and none whose other settings would be missed.
 */
export async function configWithoutIdentity(env: Environment): Promise<string | undefined> {
  const { text, active } = await readConfig(env)
  const chosen = active !== 'default' && linesOf(text).some(({ section }) => section === active)
  return chosen || givesCredentials(text) ? rewriteDefault(text, { active }) : undefined
}

/** The user's AWS config file as the SDKs find it, empty when there is none, and the profile that they would use. */
export async function readConfig(env: Environment): Promise<{ text: string; active: string }> {
  const text = await read(env.AWS_CONFIG_FILE || join(env.HOME ?? '', '.aws', 'config'))
  return { text, active: env.AWS_PROFILE || env.AWS_DEFAULT_PROFILE || 'default' }
}

/** Rows that hide the profiles which would win over a delivery; none where no such profile is. */
export async function hideProfiles(setting: ProfileSetting): Promise<Change[]> {
  const config = await configWithoutIdentity(setting.env)
  const write = (name: string, text: string) => writePrivate(setting.directory, name, text)
  const rows = [
    ...(config === undefined ? [] : [configFileRow(await write('aws-config', config))]),
    ...(await hideSharedCredentials(setting)),
  ]
  if (rows.length === 0) return []
  return [...rows, credentialProfilesRow(await write('aws-credential-profiles', ''))]
}

/** Hides the shared credentials file where its default profile would win. */
export async function hideSharedCredentials({ env, directory, log }: ProfileSetting): Promise<Change[]> {
  const path = env.AWS_SHARED_CREDENTIALS_FILE || join(env.HOME ?? '', '.aws', 'credentials')
  if (!givesCredentials(await read(path))) return []
  log(`the default profile in ${path} would win over what is delivered: the program does not see this file`)
  return [sharedCredentialsRow(await writePrivate(directory, 'aws-credentials', '')), loadConfigRow]
}

/** Points every SDK at a config file in which no profile that it takes by itself names another identity. */
export function configFileRow(path: string): Change {
  return {
    variable: 'AWS_CONFIG_FILE',
    action: 'set',
    value: path,
    reason:
      'Every AWS SDK asks the default profile (role_arn, web_identity_token_file, sso_…) before the container provider. Set only where that profile gives credentials, or AWS_PROFILE chose one: to a copy whose default profile has the settings of the chosen one (region, endpoints) without its credentials.',
  }
}

/** Points every SDK at an empty shared credentials file. */
export function sharedCredentialsRow(path: string): Change {
  return {
    variable: 'AWS_SHARED_CREDENTIALS_FILE',
    action: 'set',
    value: path,
    reason:
      'Keys under [default] in ~/.aws/credentials win over the container provider and over credential_process. Set only where there are some: to an empty file, since a copy would be one more place that holds keys.',
  }
}

/** Makes the two files above count for SDKs that read them only when told to. */
export const loadConfigRow: Change = {
  variable: 'AWS_SDK_LOAD_CONFIG',
  action: 'set',
  value: '1',
  reason:
    'AWS SDK for Go v1 and for JavaScript v2 read no config file without it, and the one for JavaScript not even AWS_SHARED_CREDENTIALS_FILE.',
}

/** Points AWS SDK for Java v1, which knows neither of the two above, at the file where it looks for profiles. */
export function credentialProfilesRow(path: string): Change {
  return {
    variable: 'AWS_CREDENTIAL_PROFILES_FILE',
    action: 'set',
    value: path,
    reason:
      'Where AWS SDK for Java v1 looks for profiles. Without it that is ~/.aws/credentials, and ~/.aws/config where there is none, whatever the other variables say.',
  }
}

async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}
