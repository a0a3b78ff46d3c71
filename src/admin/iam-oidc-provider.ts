import type { OidcProviderDocument } from '../registry/documents.ts'
import { keyOf } from '../registry/entries.ts'
import { constraints } from './iam-constraints.ts'
import { invalidArn, noSuchEntity } from './iam-errors.ts'
import type { Taggable } from './iam-tags.ts'
import { type AskedCall, keysFrom, resourceTagKeys } from './iam-target.ts'

/** `arn:aws:iam::123456789012:oidc-provider/gitlab.com` */
export function providerArn(account: string, url: string): string {
  return `arn:aws:iam::${account}:oidc-provider/${url.replace(/^https:\/\//, '')}`
}

export function providerKey(account: string, url: string): string {
  return keyOf('aws', account, 'oidc-provider', url)
}

const arnForm = /^arn:aws[a-z-]{0,16}:iam::\d{12}:oidc-provider\/[\x21-\x7e]+$/

/** The URL in the ARN that a call names; undefined for one of another account. @throws REQUEST_INPUT */
export function urlIn({ account, parameters }: AskedCall): string | undefined {
  const arn = parameters.get('OpenIDConnectProviderArn')!
  if (!arnForm.test(arn)) throw invalidArn(arn)
  const start = providerArn(account, '')
  return arn.startsWith(start) ? `https://${arn.slice(start.length)}` : undefined
}

/** The OIDC provider that a call names by its ARN. */
export const oidcProvider: Taggable<OidcProviderDocument> = {
  named: constraints.providerArn,
  on:
    (...keys) =>
    (call) => {
      const tags = resourceTagKeys(registered(call)?.tags ?? [], ['aws'])
      return {
        resource: call.parameters.get('OpenIDConnectProviderArn')!,
        keys: keysFrom([() => tags, ...keys], call),
      }
    },
  find(call) {
    const found = registered(call)
    if (found) return found
    throw noSuchEntity(
      `OpenIDConnect Provider not found for arn ${call.parameters.get('OpenIDConnectProviderArn')}`,
    )
  },
  put({ account, draft }, document) {
    draft.put(providerKey(account, document.url), document)
  },
}

function registered(call: AskedCall): OidcProviderDocument | undefined {
  const url = urlIn(call)
  const found = url === undefined ? undefined : call.draft.get(providerKey(call.account, url))
  return found?.document as OidcProviderDocument | undefined
}
