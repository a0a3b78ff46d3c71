import type { Traced } from '../lab/servers.ts'

const redacted = '[redacted]'

/** A request as it may be written down: every name in its place, and the values of those that are known to hold no secret. */
export function withoutSecrets({ atMs, host, target, headers, ...rest }: Traced) {
  return {
    time: new Date(atMs).toISOString(),
    ...rest,
    host: plain(host),
    target: targetShown(target),
    headers: headers.map(([name, value]) => [plain(name), headerShown(name, value)]),
  }
}

const harmlessHeaders = new RegExp(
  `^(${[
    'accept(-[a-z]+)?|cache-control|connection|date|etag|expect|host|if-(none-)?match|if-(un)?modified-since|keep-alive',
    'content-(encoding|language|length|md5|range|type)|origin|range|te|trailer|transfer-encoding|upgrade|user-agent|via',
    'x-forwarded-(for|host|proto)|x-requested-with|x-server-timeout|metadata-flavor|sec-fetch-[a-z]+',
    'amz-sdk-(invocation-id|request|retry)|x-amzn-trace-id|x-aws-ec2-metadata-token-ttl-seconds',
    'x-amz-(acl|checksum-[a-z0-9]+|content-sha256|copy-source|date|decoded-content-length|expected-bucket-owner)',
    'x-amz-(sdk-checksum-algorithm|storage-class|target|te|trailer|user-agent)',
    'x-goog-(api-client|gcs-idempotency-token|otel-enabled|user-project)|x-upload-content-(length|type)',
    'x-ms-(client-request-id|date|version)|client-request-id|x-client-(sku|ver|os|cpu)',
  ].join('|')})$`,
  'i',
)

const harmlessParameters = new RegExp(
  `^(${[
    'Action|Version|RoleArn|RoleSessionName|DurationSeconds|ProviderId|AWSAccessKeyId|Expires',
    'X-(Amz|Goog)-(Algorithm|Credential|Date|Expires|SignedHeaders)|x-id|list-type|versionId|uploads|partNumber|max-keys',
    'alt|audience|delimiter|endOffset|fields|format|includeFoldersAsPrefixes|includeTrailingDelimiter|licenses|location',
    'formatOptions.useInt64Timestamp|matchGlob|maxResults|name|prefix|prettyPrint|project|projection|recursive|requestId',
    'scopes?|startIndex|startOffset|timeoutMs|uploadType|versions|wait_for_change|last_etag|timeout_sec',
    'api-version|client_id|grant_type|resource|response_type|sv|sr|sp|se|st|comp|restype|[$](filter|select|top)',
  ].join('|')})$`,
  'i',
)

function headerShown(name: string, value: string): string {
  if (/^authorization$/i.test(name)) return authorizationShown(value)
  return harmlessHeaders.test(name) ? plain(value) : redacted
}

/** Of a signature everything but itself: who signed what for which service is worth a look. */
function authorizationShown(value: string): string {
  const [, scheme, parts] = /^((?:AWS4|GOOG4)-[A-Z0-9-]+)\s+(.*)$/.exec(value) ?? []
  if (!scheme || !parts) return redacted
  const shown = parts.split(/,\s*/).map((part) => {
    const [name = '', content = ''] = part.split('=', 2)
    return `${plain(name)}=${/^(Credential|SignedHeaders)$/.test(name) ? plain(content) : redacted}`
  })
  return `${scheme} ${shown.join(', ')}`
}

function targetShown(target: string): string {
  const [path = '', ...queries] = target.split('?')
  const place = plain(path.replace(/(?<=\/\/)[^/@]*(?=@)/, redacted))
  if (queries.length === 0) return place
  return `${place}?${queries.join('?').split('&').map(parameterShown).join('&')}`
}

function parameterShown(parameter: string): string {
  const [name = '', ...values] = parameter.split('=')
  if (values.length === 0) return plain(name)
  return `${plain(name)}=${harmlessParameters.test(decoded(name)) ? plain(values.join('=')) : redacted}`
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

// Wherever it stands: a JWT, by how its header begins; tokens that say what they are; and what is long and no hash.
const secretShapes = [
  /\beyJ[\w-]+(?:(?:\.|%2E)[\w-]*)*/gi,
  /\b(?:ya29\.|gh[a-z]_|github_pat_|gl[a-z]+-)[\w.-]+/g,
  /\b(?![0-9a-f]+\b)[\w+=%-]{60,}/g,
]

function plain(text: string): string {
  return secretShapes.reduce((rest, shape) => rest.replace(shape, redacted), text)
}
