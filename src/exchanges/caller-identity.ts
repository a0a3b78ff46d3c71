import { MayflyError } from '../errors.ts'
import type { AwsProof } from '../proof.ts'
import { signHeaders } from '../wire/sigv4.ts'
import { stsHost } from './aws-host.ts'

const query = 'Action=GetCallerIdentity&Version=2011-06-15'

export interface CallerIdentityOptions {
  /** Whom the proof is for, signed so that nobody else can use it: the provider's full resource name. */
  readonly target: string
  readonly region: string | undefined
  /** Epoch milliseconds. */
  readonly nowMs: number
}

/**
 * AWS credentials as a subject token: a signed `GetCallerIdentity` that is never sent to AWS by us, as percent-encoded JSON.
 * @see https://google.aip.dev/auth/4117 "Determining the subject token in AWS"
 * @throws SOURCE_REGION when no region is known: the signature is for one
 */
export function callerIdentityToken({ credentials }: AwsProof, options: CallerIdentityOptions): string {
  const { target, region, nowMs } = options
  if (!region) throw noRegion(target)
  const host = stsHost(region)
  const headers: [string, string][] = [
    ['host', host],
    ['x-goog-cloud-target-resource', target],
  ]
  const request = { method: 'POST', path: '/', query, headers, body: '' }
  const signature = signHeaders(request, { credentials, region, service: 'sts', nowMs })
  return encodeURIComponent(
    JSON.stringify({
      url: `https://${host}?${query}`,
      method: 'POST',
      headers: [...headers, ...signature].map(([name, value]) => ({ key: keyOf(name), value })),
    }),
  )
}

// As Google's own libraries write them.
const keyOf = (name: string) => (name === 'Authorization' ? name : name.toLowerCase())

function noRegion(target: string): MayflyError {
  return new MayflyError('SOURCE_REGION', {
    message: `the proof for ${target} is a signed AWS request, and no AWS region is known to sign it for`,
    values: { target },
  })
}
