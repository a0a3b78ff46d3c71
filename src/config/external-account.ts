import { resolve } from 'node:path'
import * as v from 'valibot'
import { MayflyError } from '../errors.ts'
import type { CredentialPlan, GoogleStep, SourceChoice } from '../plan.ts'
import { type Problem, shown } from '../wire/placed-document.ts'
import type { Environment } from '../world.ts'
import { type ConfigDocument, readJson } from './document.ts'
import { endpointProblem } from './endpoint.ts'
import type { Finding } from './finding.ts'
import { poolProvider } from './forms.ts'
import { cloudPlatform, googleTokenUrl, projectOf, providerAudience } from './google.ts'
import { checked, refuse } from './mistakes.ts'
import { readText } from './read-text.ts'

const variables = ['GOOGLE_APPLICATION_CREDENTIALS', 'CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE'] as const
const awsRequestType = 'urn:ietf:params:aws:token-type:aws4_request'
const jwtTypes = ['urn:ietf:params:oauth:token-type:jwt', 'urn:ietf:params:oauth:token-type:id_token']

const text = v.pipe(v.string(), v.minLength(1, 'a text'))

// Members that only say what a library would do (token_info_url, universe_domain, the three AWS URLs) are not looked at.
const externalAccount = v.looseObject({
  audience: text,
  subject_token_type: text,
  token_url: v.optional(text, googleTokenUrl),
  service_account_impersonation_url: v.optional(text),
  service_account_impersonation: v.optional(
    v.looseObject({
      token_lifetime_seconds: v.optional(
        v.pipe(v.number(), v.minValue(600, '600 to 43200'), v.maxValue(43200, '600 to 43200')),
      ),
    }),
  ),
  quota_project_id: v.optional(text),
  credential_source: v.looseObject({
    environment_id: v.optional(text),
    file: v.optional(text),
    format: v.optional(
      v.looseObject({
        type: v.optional(v.picklist(['text', 'json'])),
        subject_token_field_name: v.optional(text),
      }),
    ),
  }),
})
type ExternalAccount = v.InferOutput<typeof externalAccount>

/**
 * The plan of the JSON file that gcloud wrote and a variable names. Of an AWS source it takes that the proof is a signed AWS request;
 * the metadata addresses in it are what fails outside of EC2, so the source is found by its own signs.
 * @see https://google.aip.dev/auth/4117
 * @throws CONFIG_FILE, CONFIG_SYNTAX, CONFIG_TYPE, CONFIG_UNSUPPORTED
 * @throws CONFIG_FIELD naming every field that is wrong, with its line
 */
export async function readExternalAccount(env: Environment, cwd: string): Promise<Finding> {
  const variable = variables.find((name) => env[name])
  if (!variable) return { absent: [{ what: variables[0], why: 'is not set' }] }
  const path = resolve(cwd, env[variable] ?? '')
  const json = readJson(path, await readText(path, `the file ${path} that ${variable} names`))
  checkType(json)
  return { plan: planOf(accountOf(json), { env, cwd, origin: `${variable}=${path}` }) }
}

const storedKeys: Readonly<Record<string, string>> = {
  service_account: 'the private key of a service account',
  authorized_user: 'the refresh token of a person',
}

function checkType({ file, value }: ConfigDocument): void {
  const refused = (message: string, type?: string) =>
    new MayflyError('CONFIG_TYPE', { message: `${file} ${message}`, values: { file, type } })
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refused('is not a JSON object')
  const { type } = value as Record<string, unknown>
  if (type === 'external_account') return
  if (type === undefined) throw refused('has no `type` field')
  if (typeof type !== 'string') throw refused('has a `type` field that is no text')
  const key = storedKeys[type]
  if (key) throw refused(`is a stored key, not a federation: its \`type\` is ${type}, ${key}`, type)
  throw refused(`has the \`type\` ${shown(type)}, which is not external_account`, type.slice(0, 60))
}

function accountOf(json: ConfigDocument): ExternalAccount {
  const account = checked(json, externalAccount)
  checkSupported(json.file, account)
  refuse(json, [...audienceProblems(account), ...urlProblems(account), ...sourceProblems(account)])
  return account
}

function checkSupported(
  file: string,
  { audience, credential_source: source, subject_token_type }: ExternalAccount,
): void {
  const unsupported = (what: string) =>
    new MayflyError('CONFIG_UNSUPPORTED', {
      message: `${file} has ${what}, which Mayfly does not do`,
      values: { file },
    })
  if (audience.includes('/workforcePools/')) throw unsupported('a workforce pool as its `audience`')
  const other = ['url', 'executable', 'certificate'].find((kind) => source[kind] !== undefined)
  if (!source.environment_id && !source.file && other)
    throw unsupported(`a credential_source of the kind \`${other}\``)
  if (source.environment_id && source.environment_id !== 'aws1')
    throw unsupported(`the credential_source.environment_id ${shown(source.environment_id)}`)
  if (source.file && !jwtTypes.includes(subject_token_type))
    throw unsupported(`the subject_token_type ${subject_token_type.slice(0, 100)} for a token file`)
}

function audienceProblems({ audience }: ExternalAccount): Problem[] {
  if (audience.startsWith('//') && poolProvider.pattern.test(audience)) return []
  const why = `expected //iam.googleapis.com/${poolProvider.expected}, got ${shown(audience)}`
  return [{ path: ['audience'], why }]
}

function urlProblems(account: ExternalAccount): Problem[] {
  return (['token_url', 'service_account_impersonation_url'] as const).flatMap((member) => {
    const url = account[member]
    if (!url) return []
    const why =
      endpointProblem(url) ?? (member === 'token_url' || emailOf(url) ? undefined : notImpersonation)
    return why ? [{ path: [member], why }] : []
  })
}

const notImpersonation = 'must end in /serviceAccounts/EMAIL:generateAccessToken'

function emailOf(url: string): string | undefined {
  return /\/serviceAccounts\/([\w.%@-]{3,400}):generateAccessToken$/.exec(url)?.[1]?.replaceAll('%40', '@')
}

function sourceProblems({ credential_source: source, subject_token_type: type }: ExternalAccount): Problem[] {
  if (source.environment_id)
    return type === awsRequestType
      ? []
      : [{ path: ['subject_token_type'], why: `expected ${awsRequestType} for an AWS source` }]
  if (!source.file)
    return [{ path: ['credential_source'], why: 'names neither `environment_id` (AWS) nor `file`' }]
  if (source.format?.type === 'json' && !source.format.subject_token_field_name)
    return [{ path: ['credential_source', 'format', 'subject_token_field_name'], why: 'is missing' }]
  return []
}

interface Place {
  readonly env: Environment
  readonly cwd: string
  readonly origin: string
}

function planOf(account: ExternalAccount, { env, cwd, origin }: Place): CredentialPlan {
  const email =
    account.service_account_impersonation_url && emailOf(account.service_account_impersonation_url)
  const project = projectOf(env, email) ?? account.quota_project_id
  return {
    name: 'google',
    from: choiceOf(account, cwd),
    steps: [stepOf(account, email)],
    deliveries: ['gce'],
    ...(project && { project }),
    origin,
  }
}

/** Of the AWS form, any source of AWS credentials that is here; a token file is that file and nothing else. */
function choiceOf({ credential_source: source }: ExternalAccount, cwd: string): SourceChoice {
  if (!source.file || source.environment_id) return { gives: 'aws' }
  const field = source.format?.type === 'json' ? source.format.subject_token_field_name : undefined
  return { name: 'token-file', file: resolve(cwd, source.file), ...(field && { field }) }
}

function stepOf(account: ExternalAccount, email: string | undefined): GoogleStep {
  const lifetimeSeconds = account.service_account_impersonation?.token_lifetime_seconds
  const url = account.service_account_impersonation_url
  return {
    to: 'google',
    provider: providerAudience(account.audience),
    scopes: [cloudPlatform],
    tokenUrl: account.token_url,
    subjectTokenType: account.subject_token_type,
    ...(email && url && { impersonation: { email, url, ...(lifetimeSeconds && { lifetimeSeconds }) } }),
  }
}
