import type { Keyed } from '../../keys/store.ts'
import type { Snapshot } from '../snapshot.ts'

/** Who issues tokens of the second version at Entra's public cloud, and where every token is asked for. */
export const entraAuthority = 'https://login.microsoftonline.com'

/** What `iss` says in a tenant's tokens of that version. */
export function entraIssuer(tenantId: string, tokenVersion: 1 | 2): string {
  return tokenVersion === 1 ? `https://sts.windows.net/${tenantId}/` : `${entraAuthority}/${tenantId}/v2.0`
}

/** All tenants sign with one and the same keys, as at Microsoft: whoever takes a token has to look at its issuer. */
export const entraKeys: Keyed = { url: `${entraAuthority}/common`, algorithm: 'RS256' }

const issuer =
  /^https:\/\/(?:sts\.windows\.net\/([0-9a-f-]{36})\/|login\.microsoftonline\.com\/([0-9a-f-]{36})\/v2\.0)$/

/** The tenant of ours whose issuer a URL is. */
export function tenantOfIssuer(url: string, registered: Snapshot): string | undefined {
  const [, first, second] = issuer.exec(url) ?? []
  return registered.tenants.get(first ?? second ?? '')?.tenantId
}
