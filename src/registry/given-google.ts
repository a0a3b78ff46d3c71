import * as v from 'valibot'
import { schemaProblems } from '../wire/schema-problems.ts'
import type { ServiceAccountDocument } from './documents.ts'
import { type GivenTrust, nothingGiven, type Place } from './given.ts'
import { otherProviderKind, poolProviderSchema, uniqueIdOf } from './google-schema.ts'
import type { Members } from './places.ts'
import { documentError } from './problems.ts'

const providerName =
  /projects\/([^/]+)\/locations\/global\/workloadIdentityPools\/([^/]+)\/providers\/([^/]+)$/
const members = [
  'attributeMapping',
  'attributeCondition',
  'disabled',
  'oidc',
  'aws',
  'saml',
  'x509',
  'description',
  'displayName',
]

/** A provider as `gcloud iam workload-identity-pools providers describe` prints it. @throws REGISTRY_DOCUMENT */
export function poolProvider(document: Members, place: Place, file: string): GivenTrust {
  const [, projectNumber = '', pool = '', id = ''] = providerName.exec(String(document.name)) ?? []
  const kept = Object.fromEntries(Object.entries(document).filter(([name]) => members.includes(name)))
  const given = givenPoolProvider({ ...kept, id }, { projectNumber, pool, disabled: false }, place, file)
  return typeof document.expireTime === 'string' ? deleted(given, document.expireTime) : given
}

/** Softly: it is printed like any other, and takes part in no exchange. */
function deleted(given: GivenTrust, expireTime: string): GivenTrust {
  const poolProviders = given.poolProviders.map((each) => ({
    ...each,
    document: { ...each.document, expireTime },
  }))
  return { ...given, poolProviders }
}

export interface PoolOf {
  readonly projectNumber: string
  readonly pool: string
  readonly disabled: boolean
}

/** @throws REGISTRY_DOCUMENT */
export function givenPoolProvider(
  provider: Members,
  { projectNumber, pool, disabled }: PoolOf,
  place: Place,
  file: string,
): GivenTrust {
  const parsed = v.safeParse(poolProviderSchema, provider)
  if (!parsed.success) {
    const problems = schemaProblems(parsed.issues, otherProviderKind)
    throw documentError(
      file,
      problems.map((each) => ({ ...each, line: place.line(each.path) })),
    )
  }
  const given = { projectNumber, pool: { id: pool, disabled }, document: parsed.output, place }
  return { ...nothingGiven, poolProviders: [given] }
}

/** Stands for the e-mail of an account whose policy does not say it. */
export const bareEmail = 'account@unnamed.iam.gserviceaccount.com'

/** A service account's IAM policy, which does not say whose it is. */
export function serviceAccountPolicy(document: Members, place: Place): GivenTrust {
  return givenServiceAccount(bareEmail, document.bindings ?? [], place)
}

/** What is wrong with the bindings is told when they are compiled. */
export function givenServiceAccount(email: string, bindings: unknown, place: Place): GivenTrust {
  const document = {
    email,
    uniqueId: uniqueIdOf(email),
    bindings: bindings as ServiceAccountDocument['bindings'],
  }
  const given = { projectNumber: '0', document, bare: email === bareEmail, place }
  return { ...nothingGiven, serviceAccounts: [given] }
}
