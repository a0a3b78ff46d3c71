import { MayflyError } from '../errors.ts'
import { type Path, shown } from '../wire/placed-document.ts'
import { type GivenTrust, type Place, together } from './given.ts'
import { bareRole, oidcProvider, roleAsPrinted } from './given-aws.ts'
import { federatedCredential } from './given-entra.ts'
import { poolProvider, serviceAccountPolicy } from './given-google.ts'
import { trustFile } from './given-trust-file.ts'
import { isMembers, type Members, placeIn } from './places.ts'
import { registeredDocument } from './policy-files.ts'
import { documentError } from './problems.ts'
import { trustSchema } from './schema.ts'
import { terraformPlan } from './terraform-plan.ts'
import { readBeside, readTrustText } from './trust-file.ts'

/** A document of a vendor's, and how to read it. */
interface Shape {
  readonly what: string
  fits(document: Members): boolean
  read(document: Members, at: Place, name: string): GivenTrust
}

const has =
  (...names: readonly string[]) =>
  (document: Members) =>
    names.every((name) => name in document)

// The first that fits is it, so the closest descriptions come first.
const shapes: readonly Shape[] = [
  { what: 'an IAM role, as `aws iam get-role` prints it', fits: has('Role'), read: roleAsPrinted },
  { what: 'an IAM role', fits: has('AssumeRolePolicyDocument'), read: roleAsPrinted },
  { what: 'a role trust policy', fits: has('Statement'), read: bareRole },
  { what: 'an IAM OIDC provider', fits: has('Url', 'ClientIDList'), read: oidcProvider },
  {
    what: 'a provider of a workload identity pool, as gcloud prints it',
    fits: (document) => /\/workloadIdentityPools\/[^/]+\/providers\//.test(String(document.name)),
    read: poolProvider,
  },
  {
    what: 'a federated identity credential, as Graph or the Azure CLI prints it',
    fits: has('issuer', 'audiences'),
    read: federatedCredential,
  },
  {
    what: "a service account's IAM policy, as gcloud prints it",
    fits: (document) => 'bindings' in document || ('etag' in document && Object.keys(document).length < 3),
    read: serviceAccountPolicy,
  },
]

/** Where a list of documents stands: bare, or as what the vendors' `list` commands wrap it in. */
const wrappers = ['value', 'Roles', 'workloadIdentityPoolProviders', 'providers']

/**
 * Reads what a file says about trust. It is a vendor's own document, told apart by its shape, or a `trust.yaml`.
 * @param name how messages call it
 * @throws REGISTRY_DOCUMENT
 */
export function readGiven(file: string, name = file): GivenTrust {
  return parseGiven(readTrustText(file, 'Check the path.', name), file, name)
}

/** As `readGiven`, for text in hand. @throws REGISTRY_DOCUMENT */
export function parseGiven(text: string, file: string, name = file): GivenTrust {
  const document = registeredDocument(text)
  if (document.problems.length) throw documentError(name, document.problems)
  const { value } = document
  if (isMembers(value) && isTrustFile(value)) return trustFile(text, name, readBeside(file))
  if (isMembers(value) && ('planned_values' in value || 'resource_changes' in value))
    return terraformPlan(value, placeIn(document, name))
  return together(entriesIn(value).map(([path, each]) => one(each, placeIn(document, name, path), name)))
}

function one(value: unknown, at: Place, name: string): GivenTrust {
  if (value === undefined || value === null) throw empty(name)
  const shape = isMembers(value) ? shapes.find(({ fits }) => fits(value)) : undefined
  if (shape) return shape.read(value as Members, at, name)
  throw new MayflyError('REGISTRY_DOCUMENT', {
    message: `${name} line ${at.line()}: ${kindOf(value)} is no document about trust that is known here`,
    values: { file: name },
    hint: `Known are: ${[...new Set(shapes.map(({ what }) => what))].join('; ')}; a Terraform plan in JSON (terraform show -json); trust.yaml.`,
  })
}

/** So many members are named. */
const most = 5

function kindOf(value: unknown): string {
  const names = isMembers(value) ? Object.keys(value) : []
  if (names.length === 0) return shown(value)
  return `an object with ${names.slice(0, most).join(', ')}${names.length > most ? ', …' : ''}`
}

function empty(name: string): MayflyError {
  return new MayflyError('REGISTRY_DOCUMENT', {
    message: `${name} is empty`,
    values: { file: name },
    hint: 'Look at what was to write it: a command that failed leaves an empty file.',
  })
}

/** The documents in a file, each with its place: one, a list, or a list in a wrapper. */
function entriesIn(value: unknown): [Path, unknown][] {
  if (Array.isArray(value)) return value.map((each, i) => [[i], each])
  const wrapper = isMembers(value) && wrappers.find((name) => Array.isArray(value[name]))
  if (!wrapper) return [[[], value]]
  return (value as Record<string, unknown[]>)[wrapper]!.map((each, i) => [[wrapper, i], each])
}

const trustMembers: readonly string[] = ['$schema', ...Object.keys(trustSchema.entries)]

function isTrustFile(value: Members): boolean {
  const names = Object.keys(value)
  return names.length > 0 && names.every((name) => trustMembers.includes(name))
}
