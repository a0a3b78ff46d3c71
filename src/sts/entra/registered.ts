import type {
  AppRoleAssignmentDocument,
  EntraApplicationDocument,
  EntraTenantDocument,
  FederatedCredentialDocument,
  UserAssignedIdentityDocument,
} from '../../registry/documents.ts'
import { compileCredential, type EntraCredential } from '../../trust/entra.ts'
import { lazily, named, oncePer } from '../compile.ts'
import { type EntraResource, microsoftResources } from './resources.ts'

/** An application or a managed identity: who asks for tokens of a tenant. */
export interface EntraClient {
  /** For people: its display name, or its resource ID. */
  readonly name: string
  readonly tenantId: string
  readonly clientId: string
  /** Of the application; absent for a managed identity, which is none. */
  readonly applicationId?: string
  /** Of its service principal: what tokens call `oid` and `sub`. */
  readonly principalId: string
  /** Of a managed identity. */
  readonly resourceId?: string
  readonly credentials: () => readonly FederatedCredential[]
  readonly appRoleAssignments: readonly AppRoleAssignmentDocument[]
}

/** A compiled credential, and which addresses its issuer's discovery may be fetched from. */
export interface FederatedCredential extends EntraCredential {
  readonly reach: 'public' | 'any'
}

export interface EntraTenant {
  readonly tenantId: string
  /** By client ID, in lower case. */
  readonly clients: ReadonlyMap<string, EntraClient>
  /** What tokens can be for, by an identifier of it as a scope has it; undefined when there is no such thing. */
  resource(identifier: string): EntraResource | undefined
}

/** @throws REGISTRY_DOCUMENT, from a client's `credentials` */
export function entraTenant(document: EntraTenantDocument, at: string): EntraTenant {
  const { tenantId, applications, userAssignedIdentities = [] } = document
  const clients = [
    ...applications.map((each, i) => application(each, tenantId, `${at}.applications[${i}]`)),
    ...userAssignedIdentities.map((each, i) =>
      managedIdentity(each, tenantId, `${at}.userAssignedIdentities[${i}]`),
    ),
  ]
  const resources = new Map(applications.flatMap(identified))
  return {
    tenantId,
    clients: new Map(clients.map((each) => [each.clientId, each])),
    resource(identifier) {
      const name = bareIdentifier(identifier)
      return resources.get(name) ?? microsoftResources.get(name)
    },
  }
}

function application(document: EntraApplicationDocument, tenantId: string, at: string): EntraClient {
  const { appId, id, displayName, servicePrincipal, appRoleAssignments = [] } = document
  return {
    name: displayName,
    tenantId,
    clientId: appId,
    applicationId: id,
    principalId: servicePrincipal.id,
    appRoleAssignments,
    credentials: compiled(document.federatedIdentityCredentials, at),
  }
}

function managedIdentity(document: UserAssignedIdentityDocument, tenantId: string, at: string): EntraClient {
  const { id, clientId, principalId, appRoleAssignments = [] } = document
  return {
    name: id.slice(id.lastIndexOf('/') + 1),
    tenantId,
    clientId,
    principalId,
    resourceId: id,
    appRoleAssignments,
    credentials: compiled(document.federatedIdentityCredentials, at),
  }
}

function compiled(documents: readonly FederatedCredentialDocument[], at: string) {
  return lazily(() =>
    documents.map((each, i) =>
      named(`${at}.federatedIdentityCredentials[${i}]`, () => federatedCredential(each)),
    ),
  )
}

/** @throws TRUST_POLICY */
export const federatedCredential = oncePer(
  (document: FederatedCredentialDocument): FederatedCredential => ({
    ...compileCredential(document),
    reach: document.reach ?? 'public',
  }),
)

function identified({ appId, identifierUris = [], api }: EntraApplicationDocument) {
  const resource: EntraResource = { appId, tokenVersion: api.requestedAccessTokenVersion }
  return [appId, ...identifierUris].map((each) => [bareIdentifier(each), resource] as const)
}

/** The roles that a client was assigned at a resource. */
export function rolesAt(resource: EntraResource, client: EntraClient, tenant: EntraTenant): string[] {
  return client.appRoleAssignments
    .filter((each) => tenant.resource(each.resource)?.appId === resource.appId)
    .map(({ appRole }) => appRole)
}

/** Identifiers are the same whatever their letter case, and with a slash at the end or without. */
function bareIdentifier(identifier: string): string {
  return identifier.toLowerCase().replace(/\/$/, '')
}
