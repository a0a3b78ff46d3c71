import type { Keys } from '../keys/keys.ts'
import type { IssuerAlgorithm } from '../keys/signing.ts'
import { type ShapeName, shapeNamed } from './index.ts'

/** An issuer of ours. */
export interface OwnIssuer {
  /** What `iss` says, character for character. */
  readonly url: string
  readonly shape: ShapeName
  readonly algorithm: IssuerAlgorithm
}

/** Where its discovery document is (OpenID Connect Discovery 1.0 §4). */
export function discoveryUrl({ url }: Pick<OwnIssuer, 'url'>): string {
  return `${withoutSlash(url)}/.well-known/openid-configuration`
}

/** Where its keys are, in its platform's own place. */
export function jwksUrl({ url, shape }: OwnIssuer): string {
  return new URL(withoutSlash(url) + shapeNamed(shape).jwksPath).href
}

/** Its discovery document, with the members that its platform publishes and no other. */
export function discoveryDocument(issuer: OwnIssuer): Readonly<Record<string, unknown>> {
  const members = shapeNamed(issuer.shape).discovery(withoutSlash(issuer.url), issuer.algorithm)
  return { issuer: issuer.url, jwks_uri: jwksUrl(issuer), ...members }
}

/** Its public keys (RFC 7517 §5). */
export function jwksDocument(
  { url }: Pick<OwnIssuer, 'url'>,
  keys: Keys,
): { readonly keys: readonly unknown[] } {
  return { keys: keys.jwks(url) ?? [] }
}

function withoutSlash(url: string): string {
  return url.endsWith('/') ? url.slice(0, -1) : url
}
