import * as v from 'valibot'
import { exactly } from '../wire/schema-problems.ts'
import { authorizationServer } from './authorization-server-schema.ts'
import { awsAccount } from './aws-schema.ts'
import { issuerShapes } from './documents.ts'
import { entraTenant } from './entra-schema.ts'
import { googleProject } from './google-schema.ts'
import { at, isIssuerUrl, unique } from './rules.ts'

const issuer = exactly({
  url: v.pipe(
    v.string(),
    v.check(
      (url) => isIssuerUrl(url, { loopback: true, port: true, longest: 2000 }),
      'an https URL without query or fragment (http on loopback alone)',
    ),
  ),
  shape: v.picklist(issuerShapes),
  algorithm: v.optional(v.picklist(['RS256', 'ES256']), 'RS256'),
})

interface WithAccounts {
  readonly serviceAccounts: readonly { readonly email: string }[]
}

/** An e-mail names one service account, in whichever project it is. */
function emailsOnce<Project extends WithAccounts>(): v.RawCheckAction<Project[]> {
  return v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const holders = new Map<string, number>()
    for (const [i, project] of dataset.value.entries())
      for (const [j, { email }] of project.serviceAccounts.entries()) {
        const holder = holders.get(email) ?? i
        holders.set(email, holder)
        if (holder === i) continue
        const message = `the service account ${email} is registered already, in google[${holder}]`
        addIssue({ message, path: at(i, 'serviceAccounts', j, 'email') })
      }
  })
}

interface WithIssuers {
  readonly issuers: readonly { readonly url: string }[]
  readonly authorizationServers?: readonly { readonly issuer: string }[]
}

/** An issuer signs as a platform or as an authorization server: as both, either could forge the other's tokens. */
function issuersOnce<Trust extends WithIssuers>(): v.RawCheckAction<Trust> {
  return v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const urls = new Set(dataset.value.issuers.map((each) => each.url))
    for (const [i, { issuer: url }] of (dataset.value.authorizationServers ?? []).entries())
      if (urls.has(url))
        addIssue({
          message: `${url} is registered already, under issuers`,
          path: at('authorizationServers', i, 'issuer'),
        })
  })
}

const parts = exactly({
  /** For editors: where the JSON Schema of this file is. */
  $schema: v.exactOptional(v.string()),
  issuers: v.optional(
    v.pipe(
      v.array(issuer),
      unique('the issuer', (each) => each.url),
    ),
    [],
  ),
  aws: v.optional(
    v.pipe(
      v.array(awsAccount),
      unique('the account', (each) => each.account),
    ),
    [],
  ),
  google: v.optional(
    v.pipe(
      v.array(googleProject),
      unique('the project', (each) => each.projectNumber),
      unique('the project', (each) => each.projectId),
      emailsOnce(),
    ),
    [],
  ),
  entra: v.exactOptional(
    v.pipe(
      v.array(entraTenant),
      unique('the tenant', (each) => each.tenantId),
    ),
  ),
  authorizationServers: v.exactOptional(
    v.pipe(
      v.array(authorizationServer),
      unique('the authorization server', (each) => each.issuer),
    ),
  ),
})

/** `trust.yaml`: everything that is registered, with the vendors' own limits. */
export const trustSchema = v.pipe(parts, issuersOnce())
