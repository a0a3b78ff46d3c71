import { dirname, join } from 'node:path'
import type { TrustDocument } from './documents.ts'
import { type GivenTrust, nothingGiven, type Place } from './given.ts'
import { isMembers, placeIn } from './places.ts'
import { type ReadFile, registeredDocument } from './policy-files.ts'
import { parseTrust } from './trust-file.ts'

/** `trust.yaml`: all that is registered with a token service. @throws REGISTRY_DOCUMENT */
export function trustFile(text: string, file: string, read: ReadFile): GivenTrust {
  const trust = parseTrust(text, file, read)
  const document = registeredDocument(text)
  const at = (...path: (string | number)[]) => placeIn(document, file, path)
  const policyAt = (...path: (string | number)[]) => {
    const named = fileAt(document.value, path)
    return named === undefined
      ? at(...path)
      : placeIn(registeredDocument(read(named)), join(dirname(file), named))
  }
  return {
    ...nothingGiven,
    issuers: trust.issuers,
    completeAccounts: trust.aws.map(({ account }) => account),
    roles: trust.aws.flatMap(({ account, roles }, i) =>
      roles.map((each, j) => ({
        account,
        document: each,
        bare: false,
        place: policyAt('aws', i, 'roles', j, 'assumeRolePolicyDocument'),
      })),
    ),
    oidcProviders: trust.aws.flatMap(({ account, oidcProviders }, i) =>
      oidcProviders.map((each, j) => ({ account, document: each, place: at('aws', i, 'oidcProviders', j) })),
    ),
    poolProviders: trust.google.flatMap(({ projectNumber, pools }, i) =>
      pools.flatMap(({ id, disabled, expireTime, providers }, j) =>
        providers.map((each, k) => ({
          projectNumber,
          pool: { id, disabled, ...(expireTime !== undefined && { expireTime }) },
          document: each,
          place: at('google', i, 'pools', j, 'providers', k),
        })),
      ),
    ),
    serviceAccounts: trust.google.flatMap(({ projectNumber, serviceAccounts }, i) =>
      serviceAccounts.map((each, j) => ({
        projectNumber,
        document: each,
        bare: false,
        place: at('google', i, 'serviceAccounts', j),
      })),
    ),
    authorizationServers: (trust.authorizationServers ?? []).map((each, i) => ({
      document: each,
      place: at('authorizationServers', i),
    })),
    projectBindings: trust.google.map(({ projectNumber, bindings = [] }, i) => ({
      projectNumber,
      bindings,
      place: at('google', i),
    })),
    ...entraIn(trust.entra ?? [], at),
  }
}

type Entra = NonNullable<TrustDocument['entra']>

function entraIn(
  tenants: Entra,
  at: (...path: (string | number)[]) => Place,
): Pick<GivenTrust, 'credentials' | 'completeApplications'> {
  const holders = tenants.flatMap(({ applications, userAssignedIdentities = [] }, i) => [
    ...applications.map(({ appId: application, federatedIdentityCredentials }, j) => ({
      application,
      federatedIdentityCredentials,
      path: ['entra', i, 'applications', j],
    })),
    ...userAssignedIdentities.map(({ clientId: application, federatedIdentityCredentials }, j) => ({
      application,
      federatedIdentityCredentials,
      path: ['entra', i, 'userAssignedIdentities', j],
    })),
  ])
  return {
    completeApplications: holders.map(({ application }) => application),
    credentials: holders.flatMap(({ application, path, federatedIdentityCredentials }) =>
      federatedIdentityCredentials.map((document, k) => ({
        application,
        document,
        place: at(...path, 'federatedIdentityCredentials', k),
      })),
    ),
  }
}

/** The file that stands at a place for what is in it. */
function fileAt(value: unknown, path: readonly (string | number)[]): string | undefined {
  let at = value
  for (const step of path) at = (at as Record<string | number, unknown>)[step]
  return isMembers(at) && typeof at.file === 'string' ? at.file : undefined
}
