import type { OidcProviderDocument } from '../registry/documents.ts'
import { keyOf } from '../registry/entries.ts'
import { constraints } from './iam-constraints.ts'
import { noSuchEntity } from './iam-errors.ts'
import type { IamCall } from './iam-operation.ts'
import type { Taggable } from './iam-tags.ts'

/** `arn:aws:iam::123456789012:oidc-provider/gitlab.com` */
export function providerArn(account: string, url: string): string {
  return `arn:aws:iam::${account}:oidc-provider/${url.replace(/^https:\/\//, '')}`
}

export function providerKey(account: string, url: string): string {
  return keyOf('aws', account, 'oidc-provider', url)
}

/** The URL in the ARN that a call names; undefined for one of another account, or none. */
export function urlIn({ account, parameters }: IamCall): string | undefined {
  const arn = parameters.get('OpenIDConnectProviderArn')!
  const start = providerArn(account, '')
  return arn.startsWith(start) ? `https://${arn.slice(start.length)}` : undefined
}

/** The OIDC provider that a call names by its ARN. */
export const oidcProvider: Taggable<OidcProviderDocument> = {
  named: constraints.providerArn,
  find(call) {
    const url = urlIn(call)
    const found = url === undefined ? undefined : call.draft.get(providerKey(call.account, url))
    if (found) return found.document as OidcProviderDocument
    throw noSuchEntity(
      `OpenIDConnect Provider not found for arn ${call.parameters.get('OpenIDConnectProviderArn')}`,
    )
  },
  put({ account, draft }, document) {
    draft.put(providerKey(account, document.url), document)
  },
}
