import type {
  BindingDocument,
  DeletedServiceAccountDocument,
  ServiceAccountDocument,
} from '../registry/documents.ts'
import { keyOf } from '../registry/entries.ts'
import type { Draft } from '../registry/registry.ts'
import { notFound } from './google-errors.ts'
import type { GoogleCall, Members } from './google-method.ts'
import { isPurged } from './google-soft-deletion.ts'

export function accountKey({ project }: Pick<GoogleCall, 'project'>, email: string): string {
  return keyOf('google', project.projectNumber, 'service-account', email)
}

export function deletedKey({ project }: Pick<GoogleCall, 'project'>, uniqueId: string): string {
  return keyOf('google', project.projectNumber, 'deleted-service-account', uniqueId)
}

/** Of the accounts' e-mails. A project of an organisation's own domain, `example.com:acme`, has acme.example.com in it. */
export function domainOf(projectId: string): string {
  return `${projectId.split(':').reverse().join('.')}.iam.gserviceaccount.com`
}

export function accountsOf(call: GoogleCall): readonly ServiceAccountDocument[] {
  return call.draft.list(accountKey(call, '')).map(({ document }) => document as ServiceAccountDocument)
}

/** The account that a call names, by its e-mail or its unique ID. @throws REGISTRY_ABSENT */
export function accountOf(call: GoogleCall): ServiceAccountDocument {
  const [name = ''] = call.names
  const byEmail = call.draft.get(accountKey(call, name))?.document as ServiceAccountDocument | undefined
  const found = byEmail ?? accountsOf(call).find(({ uniqueId }) => uniqueId === name)
  if (found) return found
  throw notFound()
}

/** The deleted account that a call names, by its unique ID alone. @throws REGISTRY_ABSENT */
export function deletedAccountOf(call: GoogleCall): DeletedServiceAccountDocument {
  const [name = ''] = call.names
  const found = call.draft.get(deletedKey(call, name))?.document as DeletedServiceAccountDocument | undefined
  if (found && !isPurged(found, call.nowMs)) return found
  throw notFound()
}

/** Takes away for good the accounts that could be undeleted until now. */
export function purgeAccounts(call: GoogleCall): void {
  for (const { key, document } of call.draft.list(deletedKey(call, '')))
    if (isPurged(document as DeletedServiceAccountDocument, call.nowMs)) call.draft.remove(key)
}

export function putAccount(call: GoogleCall, document: ServiceAccountDocument): void {
  call.draft.put(accountKey(call, document.email), document)
}

/** What is empty or false is left out, as by Google. */
export function shownAccount(document: ServiceAccountDocument, { project }: GoogleCall): Members {
  const { email, uniqueId, displayName, description, disabled } = document
  return {
    name: `projects/${project.projectId}/serviceAccounts/${email}`,
    projectId: project.projectId,
    uniqueId,
    email,
    ...(displayName && { displayName }),
    ...(description && { description }),
    oauth2ClientId: uniqueId,
    ...(disabled && { disabled }),
  }
}

/**
 * Has every policy that a call registered say of a member what it is called from now on. A deleted account's roles are
 * not those of another that gets its e-mail, and are its own again when it is undeleted.
 */
export function renameMember(draft: Draft, from: string, to: string): void {
  const renamed = (bindings: readonly BindingDocument[]) =>
    bindings.map(({ members, ...rest }) => ({
      ...rest,
      members: members.map((each) => (each === from ? to : each)),
    }))
  const isNamed = (bindings: readonly BindingDocument[]) =>
    bindings.some(({ members }) => members.includes(from))
  for (const { key, document, from: source } of draft.list('google/')) {
    const kind = source === 'store' ? key.split('/')[2] : undefined
    const account = document as ServiceAccountDocument
    if (kind === 'service-account' && isNamed(account.bindings))
      draft.put(key, { ...account, bindings: renamed(account.bindings) })
    const added = document as readonly BindingDocument[]
    if (kind === 'setting' && isNamed(added)) draft.put(key, renamed(added))
  }
}
