import { MayflyError } from '../errors.ts'
import type { Http } from '../wire/http.ts'
import type { VerificationKey } from '../wire/jws.ts'
import { oneLine } from '../wire/printable.ts'
import { noKey, pickKey, readJwks, type TokenHeader, type TrustedIssuer } from './jwks.ts'

export interface RemoteKeys {
  /** @throws PROOF_KEY, PROOF_DISCOVERY */
  key(header: TokenHeader): Promise<VerificationKey>
}

export interface RemoteKeysSetting extends TrustedIssuer {
  readonly http: Http
  readonly now: () => number
}

/** Ten minutes: how long a withdrawn key still verifies, against one request in ten minutes to each issuer. */
const freshMs = 10 * 60_000
/** One hour: keys in hand outlive an issuer that is away for less than that. */
const usableMs = 60 * 60_000
/** One minute: how often a token may make us look for its unknown key. */
const refetchMs = 60_000
/** Ten seconds: a failure is remembered, so that a storm of tokens is one request. */
const failureMs = 10_000
/** For both documents: AWS gives an issuer five seconds (re:Post, sts-invalid-identity-token). */
const timeoutMs = 5_000
const maxBytes = 1024 * 1024

/** What was published, under one `jwks_uri` and for one issuer alone. */
interface Published {
  readonly keys: readonly VerificationKey[]
  readonly fetchedAtMs: number
}

/** The keys of one issuer, by OpenID Connect Discovery. One fetch in flight; nothing that a token says is fetched. */
export function remoteKeys({ issuer, reach, http, now }: RemoteKeysSetting): RemoteKeys {
  let published: Published | undefined
  let failure: { readonly error: unknown; readonly atMs: number } | undefined
  let attemptedAtMs = Number.NEGATIVE_INFINITY
  let inFlight: Promise<void> | undefined

  const age = () => (published ? now() - published.fetchedAtMs : Number.POSITIVE_INFINITY)
  const fetchKeys = async () => {
    try {
      published = { keys: await discover(issuer, reach, http), fetchedAtMs: now() }
      failure = undefined
    } catch (error) {
      failure = { error, atMs: now() }
    }
  }
  const refresh = () => {
    attemptedAtMs = now() // before the attempt, so that a slow issuer is asked no more often than a quick one
    inFlight ??= fetchKeys().finally(() => {
      inFlight = undefined
    })
    return inFlight
  }
  return {
    async key(header) {
      const failedJustNow = failure && now() - failure.atMs < failureMs
      if (age() >= freshMs && !failedJustNow) await refresh()
      if (!published || age() >= usableMs) throw unavailable(issuer, failure?.error)
      const known = pickKey(published.keys, header)
      if (known) return known
      if (now() - attemptedAtMs >= refetchMs || inFlight) await (inFlight ?? refresh())
      return pickKey(published.keys, header) ?? noKey(issuer, header)
    },
  }
}

/** OpenID Connect Discovery 1.0 §4: the issuer's document, then the JWKS that it names. */
async function discover(
  issuer: string,
  reach: TrustedIssuer['reach'],
  http: Http,
): Promise<readonly VerificationKey[]> {
  const endsAt = performance.now() + timeoutMs
  const get = async (url: string) => {
    const left = Math.max(1, Math.ceil(endsAt - performance.now()))
    return readObject(
      url,
      await http({ method: 'GET', url: fetchable(url, reach), timeoutMs: left, maxBytes }),
    )
  }
  const document = await get(
    `${issuer.endsWith('/') ? issuer.slice(0, -1) : issuer}/.well-known/openid-configuration`,
  )
  if (document.issuer !== issuer)
    throw new Error(`its discovery document says that its issuer is ${JSON.stringify(document.issuer)}`)
  if (typeof document.jwks_uri !== 'string') throw new Error('its discovery document has no jwks_uri')
  return readJwks(await get(document.jwks_uri))
}

function readObject(
  url: string,
  { status, body }: { status: number; body: string },
): Record<string, unknown> {
  if (status !== 200) throw new Error(`${url} answers ${status}`)
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch {
    // not JSON: said below
  }
  throw new Error(`${url} answers no JSON object`)
}

/** HTTPS; plain HTTP only on this machine and only where the registration lets discovery reach any address. */
function fetchable(url: string, reach: TrustedIssuer['reach']): string {
  const { protocol, hostname } = URL.parse(url) ?? { protocol: '', hostname: '' }
  const local = reach === 'any' && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname)
  if (protocol === 'https:' || (protocol === 'http:' && local)) return url
  throw new Error(`${url} is not an https URL`)
}

/** What an issuer published may be in the reason, which is kept with every refusal: of that, the beginning will do. */
const longestReason = 500

/** The keys of an issuer cannot be had now. */
export function unavailable(issuer: string, cause: unknown): MayflyError {
  const reason = cause instanceof Error ? oneLine(cause.message, longestReason) : 'no answer'
  return new MayflyError('PROOF_DISCOVERY', {
    message: `the keys of ${issuer} cannot be had: ${reason}`,
    values: { issuer },
    cause,
    transient: true,
  })
}
