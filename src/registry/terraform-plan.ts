import { MayflyError } from '../errors.ts'
import type { Path } from '../wire/placed-document.ts'
import type { BindingDocument } from './documents.ts'
import { type GivenTrust, nothingGiven, type Place, together } from './given.ts'
import { givenOidcProvider, givenRole, policyIn, textsIn } from './given-aws.ts'
import { federatedCredential } from './given-entra.ts'
import { bareEmail, givenPoolProvider, givenServiceAccount } from './given-google.ts'
import { below, isMembers, type Members } from './places.ts'

interface Resource {
  /** `module.ci.aws_iam_role.deploy` */
  readonly address: string
  readonly type: string
  readonly values: Members
  readonly place: Place
}

interface Reader {
  /** The attributes that decide: where one is known only after apply, that is said. */
  readonly reads: readonly string[]
  read(resource: Resource, plan: Members): GivenTrust
}

const readers: Readonly<Record<string, Reader>> = {
  aws_iam_role: { reads: ['assume_role_policy'], read: role },
  aws_iam_openid_connect_provider: {
    reads: ['url', 'client_id_list'],
    read: ({ values, place }) => givenOidcProvider(String(values.url), textsIn(values.client_id_list), place),
  },
  google_iam_workload_identity_pool_provider: {
    reads: ['attribute_mapping', 'attribute_condition', 'oidc', 'workload_identity_pool_id'],
    read: poolProvider,
  },
  google_service_account_iam_member: {
    reads: ['member', 'role', 'condition', 'service_account_id'],
    read: bindings,
  },
  google_service_account_iam_binding: {
    reads: ['members', 'role', 'condition', 'service_account_id'],
    read: bindings,
  },
  google_service_account_iam_policy: { reads: ['policy_data', 'service_account_id'], read: bindings },
  google_project_iam_member: { reads: ['member', 'role', 'condition'], read: projectBindings },
  google_project_iam_binding: { reads: ['members', 'role', 'condition'], read: projectBindings },
  google_project_iam_policy: { reads: ['policy_data'], read: projectBindings },
  azuread_application_federated_identity_credential: {
    reads: ['issuer', 'subject', 'audiences', 'application_id'],
    read: credential,
  },
  azuread_application_flexible_federated_identity_credential: {
    reads: ['issuer', 'claims_matching_expression', 'audience', 'application_id'],
    read: credential,
  },
  azurerm_federated_identity_credential: {
    reads: ['issuer', 'subject', 'audience', 'parent_id'],
    read: credential,
  },
}

/**
 * What a Terraform plan says about trust: `terraform show -json PLAN`.
 * @see https://developer.hashicorp.com/terraform/internals/json-format
 * @throws REGISTRY_DOCUMENT
 */
export function terraformPlan(plan: Members, at: Place): GivenTrust {
  const unknown = unknownValues(plan)
  const root = (plan.planned_values as Members | undefined)?.root_module
  const resources = isMembers(root) ? resourcesIn(root, below(at, ['planned_values', 'root_module'])) : []
  const read = resources.flatMap((resource) => {
    const { reads, read } = readers[resource.type]!
    const open = reads.filter((name) => unknown.get(resource.address)?.has(name))
    // Without what decides, a resource says nothing; guessing at it would be worse.
    const isOpen = (name: string) => resource.values[name] === undefined || name === 'condition'
    const given = open.some(isOpen) ? [] : [read(resource, plan)]
    return [...given, { ...nothingGiven, open: open.map((name) => openSentence(resource, name)) }]
  })
  return mergedAccounts(together(read))
}

function openSentence({ address }: Resource, name: string): string {
  return `${address}: ${name} is known only after apply`
}

function resourcesIn(module: Members, at: Place): Resource[] {
  const own = list(module.resources).flatMap((each, i) => {
    const { address, type, mode, values } = each
    if (mode === 'data' || !Object.hasOwn(readers, String(type)) || !isMembers(values)) return []
    const path: Path = ['resources', i, 'values']
    return [{ address: String(address), type: String(type), values: set(values), place: below(at, path) }]
  })
  const inner = list(module.child_modules).flatMap((each, i) =>
    resourcesIn(each, below(at, ['child_modules', i])),
  )
  return [...own, ...inner]
}

function list(value: unknown): Members[] {
  return Array.isArray(value) ? value.filter(isMembers) : []
}

/** Without the attributes that nobody set, which a plan has as null. */
function set(values: Members): Members {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))
}

/** By address: the attributes that a plan does not know. */
function unknownValues(plan: Members): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    list(plan.resource_changes).map(({ address, change }) => {
      const after = isMembers(change) && isMembers(change.after_unknown) ? change.after_unknown : {}
      const names = Object.keys(after).filter((name) => isUnknown(after[name]))
      return [String(address), new Set(names)]
    }),
  )
}

/** True, or somewhere inside true. */
function isUnknown(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.values(value).some(isUnknown) : value === true
}

function role({ values, place }: Resource): GivenTrust {
  const at = below(place, ['assume_role_policy'])
  const { arn, name, path, max_session_duration: most } = values
  return givenRole(policyIn(values.assume_role_policy, at, place.file), at, {
    ...(typeof arn === 'string' && { arn }),
    ...(typeof name === 'string' && { name }),
    ...(typeof path === 'string' && { path }),
    ...(typeof most === 'number' && { maxSessionDuration: most }),
  })
}

function poolProvider({ values, place }: Resource, plan: Members): GivenTrust {
  const pool = String(values.workload_identity_pool_id)
  const [oidc] = list(values.oidc).map(set)
  const [aws] = list(values.aws).map(set)
  const provider = {
    id: values.workload_identity_pool_provider_id,
    ...(values.disabled === true && { disabled: true }),
    ...(isMembers(values.attribute_mapping) && { attributeMapping: values.attribute_mapping }),
    ...(values.attribute_condition ? { attributeCondition: values.attribute_condition } : {}),
    ...(oidc && { oidc: oidcOf(oidc) }),
    ...(aws && { aws: { accountId: aws.account_id } }),
    ...(list(values.saml).length > 0 && { saml: {} }),
    ...(list(values.x509).length > 0 && { x509: {} }),
  }
  const projectNumber = numberOf(values, pool, plan)
  return givenPoolProvider(provider, { projectNumber, pool, disabled: false }, place, place.file)
}

function oidcOf({ issuer_uri, allowed_audiences, jwks_json }: Members): Members {
  return {
    issuerUri: issuer_uri,
    ...(Array.isArray(allowed_audiences) && { allowedAudiences: allowed_audiences }),
    ...(typeof jwks_json === 'string' && jwks_json !== '' && { jwksJson: jwks_json }),
  }
}

/** A plan names a project by its ID: its number stands in the provider's name once that is known, or in the bindings. */
function numberOf({ name, project }: Members, pool: string, plan: Members): string {
  const named = /^projects\/(\d+)\//.exec(String(name ?? ''))?.[1]
  return named ?? numberInBindings(pool, plan) ?? String(project ?? '0')
}

function numberInBindings(pool: string, plan: Members): string | undefined {
  const names = /projects\/(\d+)\/locations\/global\/workloadIdentityPools\/([^/"]+)\//g
  for (const [, number, id] of JSON.stringify(plan).matchAll(names)) if (id === pool) return number
  return undefined
}

function bindings(resource: Resource): GivenTrust {
  const email = /([^/]+@[^/]+)$/.exec(String(resource.values.service_account_id ?? ''))?.[1] ?? bareEmail
  return givenServiceAccount(email, bindingsIn(resource), resource.place)
}

function projectBindings(resource: Resource): GivenTrust {
  const projectNumber = String(resource.values.project ?? '0')
  const bindings = bindingsIn(resource) as readonly BindingDocument[]
  return { ...nothingGiven, projectBindings: [{ projectNumber, bindings, place: resource.place }] }
}

/** What is wrong with them is told when they are compiled. */
function bindingsIn({ type, values, place }: Resource): unknown {
  if (!type.endsWith('_iam_policy')) {
    const [condition] = list(values.condition).map(set)
    const { role, members = [values.member] } = values
    return [{ role, members, ...(condition && { condition }) }]
  }
  return policyData(values.policy_data, below(place, ['policy_data'])).bindings ?? []
}

function policyData(text: unknown, at: Place): Members {
  try {
    const policy: unknown = JSON.parse(String(text))
    if (isMembers(policy)) return policy
  } catch {
    // Not JSON: said below.
  }
  const { file, line } = at
  throw new MayflyError('REGISTRY_DOCUMENT', {
    message: `${file} line ${line()}: expected an IAM policy in JSON`,
    values: { file },
  })
}

function credential({ values, place }: Resource): GivenTrust {
  const {
    issuer,
    subject,
    audience,
    audiences = [audience].flat(),
    claims_matching_expression: value,
  } = values
  const name = String(values.display_name ?? values.name ?? 'federated-credential')
  const expression = value === undefined ? {} : { claimsMatchingExpression: { value, languageVersion: 1 } }
  const given = federatedCredential({ name, issuer, subject, audiences, ...expression }, place, place.file)
  const owner = String(values.application_id ?? values.parent_id ?? '')
    .split('/')
    .at(-1)
  return owner
    ? { ...given, credentials: given.credentials.map((each) => ({ application: owner, ...each })) }
    : given
}

/** Each `google_service_account_iam_member` is a resource of its own: an account has the bindings of all of them. */
function mergedAccounts(given: GivenTrust): GivenTrust {
  const byEmail = new Map<string, (typeof given.serviceAccounts)[number]>()
  for (const each of given.serviceAccounts) {
    const before = byEmail.get(each.document.email)
    const bindings = [...(before?.document.bindings ?? []), ...each.document.bindings]
    byEmail.set(each.document.email, { ...(before ?? each), document: { ...each.document, bindings } })
  }
  return { ...given, serviceAccounts: [...byEmail.values()] }
}
