import { entraHosts } from '../sts/hosts.ts'
import { bareHost } from '../wire/addresses.ts'

/** Whose APIs can be asked for by their own names. */
export type Vendor = 'aws' | 'google' | 'microsoft'

/** Which vendor's API a host name belongs to; undefined for a name of none. */
export function vendorOf(host: string): Vendor | undefined {
  const name = bareHost(host)
  if (isBelow(name, awsDomains)) return 'aws'
  if (isBelow(name, googleDomains)) return 'google'
  return isBelow(name, microsoftDomains) || microsoftNames.includes(name) ? 'microsoft' : undefined
}

const awsDomains = ['amazonaws.com', 'amazonaws.com.cn', 'api.aws']
const googleDomains = ['googleapis.com']
const microsoftDomains = ['microsoftonline.com', 'azure.com', 'azure.net', 'windows.net']
/** Of a domain that is for much else besides. */
const microsoftNames = ['graph.microsoft.com', 'login.microsoft.com']

function isBelow(name: string, domains: readonly string[]): boolean {
  return domains.some((domain) => name.endsWith(`.${domain}`))
}

/** Host names where the clouds have what our token service plays: `sts.` and `iam.`, with a region, `-fips` or neither; Entra's. */
export function isTokenService(host: string): boolean {
  return (
    entraHosts.includes(bareHost(host)) ||
    /^((sts|iam)(-fips)?(\.[a-z0-9-]+)?\.(amazonaws\.com|amazonaws\.com\.cn|api\.aws)|(sts|iam|iamcredentials)\.googleapis\.com)$/.test(
      bareHost(host),
    )
  )
}

/** Whether a name fits a pattern in which `*` stands for one label, or a part of one. */
export function fits(pattern: string, host: string): boolean {
  const [before = '', after] = bareHost(pattern).split('*')
  const name = bareHost(host)
  if (after === undefined) return name === before
  if (!name.startsWith(before) || !name.endsWith(after) || name.length <= before.length + after.length)
    return false
  return !name.slice(before.length, name.length - after.length).includes('.')
}

/** The name in a Host header: in lower case, without port and without the root's dot. */
export function hostName(host: string): string {
  return bareHost(host.replace(/:\d{1,5}$/, ''))
}
