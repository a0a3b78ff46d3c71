import { arnOf, type GivenRole } from '../registry/given.ts'
import { bareName } from '../registry/given-aws.ts'
import { providerName } from './cel-tokens.ts'
import type { Suspect } from './rule.ts'

/** What a document is of, for people: as much of a name as it says; undefined where it says none. */
export function documentName({ kind, given }: Suspect): string | undefined {
  if (kind === 'role') return roleName(given)
  if (kind === 'provider') return `provider ${providerName(given).replace('//iam.googleapis.com/', '')}`
  if (kind === 'account') return given.bare ? undefined : `service account ${given.document.email}`
  if (kind === 'project') return `project ${given.projectNumber}`
  if (kind === 'server') return `authorization server ${given.document.issuer}`
  const { application, document } = given
  return `credential ${document.name}${application === undefined ? '' : ` of ${application}`}`
}

/** A plan has the name of a role, and no ARN yet. */
export function roleName(role: GivenRole): string | undefined {
  if (!role.bare) return `role ${arnOf(role)}`
  return role.document.name === bareName ? undefined : `role ${role.document.name}`
}
