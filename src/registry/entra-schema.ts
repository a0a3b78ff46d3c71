import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { exactly } from '../wire/schema-problems.ts'
import { matching, textUpTo, unique } from './rules.ts'

// What Microsoft Entra takes, in the shapes in which Graph and the Azure CLI print it. Limits:
// https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations and Graph's reference of
// federatedIdentityCredential.

const guid = v.pipe(
  matching(
    /^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/,
    'an ID such as 11111111-2222-3333-4444-555555555555',
  ),
  v.transform((id) => id.toLowerCase()),
)

/** Characters in an issuer, a subject, an audience or a description. */
const longest = 600

const expression = exactly({
  value: textUpTo(longest, 'an expression'),
  languageVersion: v.optional(v.literal(1, '1, the one version there is'), 1),
})

const nothing = v.nullish(v.string())

/** One credential of an application or a managed identity. What Graph prints with nothing in it may stand here too. */
export const federatedCredentialSchema = v.pipe(
  exactly({
    name: matching(/^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$/, 'a name of 3 to 120 letters, digits, - and _'),
    issuer: textUpTo(longest, 'an issuer'),
    subject: v.nullish(v.pipe(v.string(), v.maxLength(longest, `at most ${longest} characters`))),
    audiences: v.optional(
      v.pipe(v.array(textUpTo(longest, 'an audience')), v.length(1, 'exactly one audience')),
      ['api://AzureADTokenExchange'],
    ),
    claimsMatchingExpression: v.nullish(expression),
    description: v.nullish(v.pipe(v.string(), v.maxLength(longest, `at most ${longest} characters`))),
    id: nothing,
    reach: v.exactOptional(v.picklist(['public', 'any'])),
  }),
  v.check(
    ({ subject, claimsMatchingExpression }) => !subject !== !claimsMatchingExpression,
    'either a subject or a claimsMatchingExpression',
  ),
  v.transform(({ subject, claimsMatchingExpression, description, id, ...rest }) => ({
    ...rest,
    ...(subject && { subject }),
    ...(claimsMatchingExpression && { claimsMatchingExpression }),
    ...(description && { description }),
    ...(id && { id }),
  })),
)

/** Of an application, or of a managed identity. */
export const mostCredentials = 20

/** Entra keeps names apart, and of two credentials for the same tokens takes the second for a mistake. */
const federatedIdentityCredentials = v.optional(
  v.pipe(
    v.array(federatedCredentialSchema),
    v.maxLength(mostCredentials, `at most ${mostCredentials} credentials`),
    unique('the credential', (each) => each.name),
    unique('the issuer and subject', (each) => each.subject && `${each.issuer} ${each.subject}`),
  ),
  [],
)

const appRoleAssignment = exactly({
  resource: textUpTo(255, 'the identifier of a resource, as https://graph.microsoft.com'),
  appRole: matching(/^[\w.:-]{1,120}$/, 'the value of an app role, as Application.ReadWrite.All'),
})

const appRoleAssignments = v.exactOptional(v.array(appRoleAssignment))

const application = v.pipe(
  exactly({
    appId: guid,
    id: v.exactOptional(guid),
    displayName: v.exactOptional(v.string()),
    identifierUris: v.exactOptional(v.array(textUpTo(255, 'an application ID URI'))),
    api: v.exactOptional(exactly({ requestedAccessTokenVersion: v.nullish(v.picklist([1, 2], '1 or 2')) })),
    servicePrincipal: v.exactOptional(exactly({ id: v.exactOptional(guid) })),
    appRoleAssignments,
    federatedIdentityCredentials,
  }),
  v.transform(({ id, servicePrincipal, displayName, api, ...rest }) => ({
    ...rest,
    id: id ?? madeUpGuid(`application ${rest.appId}`),
    displayName: displayName ?? rest.appId,
    servicePrincipal: { id: servicePrincipal?.id ?? madeUpGuid(`servicePrincipal ${rest.appId}`) },
    // Null is what Graph prints of an application that never said it.
    api: { requestedAccessTokenVersion: api?.requestedAccessTokenVersion ?? (1 as const) },
  })),
)

const userAssignedIdentity = v.pipe(
  exactly({
    id: matching(
      /^\/subscriptions\/[^/]+\/resource[gG]roups\/[^/]+\/providers\/Microsoft\.ManagedIdentity\/userAssignedIdentities\/[\w-]{3,128}$/,
      'the resource ID of a user-assigned identity',
    ),
    clientId: guid,
    principalId: v.exactOptional(guid),
    appRoleAssignments,
    federatedIdentityCredentials,
  }),
  v.transform(({ principalId, ...rest }) => ({
    ...rest,
    principalId: principalId ?? madeUpGuid(`servicePrincipal ${rest.clientId}`),
  })),
)

export const entraTenant = exactly({
  tenantId: guid,
  applications: v.optional(
    v.pipe(
      v.array(application),
      unique('the application', (each) => each.appId),
    ),
    [],
  ),
  userAssignedIdentities: v.exactOptional(
    v.pipe(
      v.array(userAssignedIdentity),
      unique('the identity', (each) => each.clientId),
    ),
  ),
})

/** An ID that follows from a text, so that it stays the same from one start to the next. */
export function madeUpGuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
