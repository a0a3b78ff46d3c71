import { isLoopbackHost } from '../wire/addresses.ts'
import type { Environment } from '../world.ts'
import { settingError } from './mistakes.ts'

/** What is wrong with a token service's URL; undefined when proofs may be sent there: HTTPS, or plain HTTP to loopback alone. */
export function endpointProblem(text: string): string | undefined {
  const url = URL.parse(text)
  if (!url) return 'is not a URL'
  if (url.username || url.password) return 'must not hold a user name or password'
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname)))
    return undefined
  return `must be https, or http to a loopback address, and is ${url.protocol}//${url.host}`
}

export interface EndpointSetting {
  /** How messages call it: `endpoint_url of the AWS profile deploy`. */
  readonly place: string
  readonly url: string
}

/**
 * The STS endpoint that the AWS SDKs' own settings name: a variable, else the profile.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 * @throws CONFIG_FIELD naming the setting, when no proof may be sent to its URL
 */
export function stsEndpoint(env: Environment, inProfile?: EndpointSetting): string | undefined {
  const variable = ['AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL'].find((name) => env[name])
  const setting = variable ? { place: variable, url: env[variable]! } : inProfile
  if (!setting || env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true') return undefined
  const problem = endpointProblem(setting.url)
  if (problem) throw settingError(setting.place, problem)
  return setting.url
}
