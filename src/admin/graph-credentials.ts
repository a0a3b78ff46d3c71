import * as v from 'valibot'
import { MayflyError } from '../errors.ts'
import type { FederatedCredentialDocument } from '../registry/documents.ts'
import { federatedCredentialSchema, madeUpGuid, mostCredentials } from '../registry/entra-schema.ts'
import { keyOf } from '../registry/entries.ts'
import type { Draft } from '../registry/registry.ts'
import { missingImmutable, termsOf } from '../trust/entra-expression.ts'
import { pathText } from '../wire/placed-document.ts'
import { schemaProblems } from '../wire/schema-problems.ts'

/** A call about the federated identity credentials of one application. */
export interface CredentialCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly tenantId: string
  readonly appId: string
  /** The ID or the name of one of them. */
  readonly credential?: string
  readonly body?: Readonly<Record<string, unknown>>
  /** For one that is made. */
  readonly newId: string
}

/** What Graph shows of a credential: everything, with what is not there as null. */
export type ShownCredential = Readonly<Record<string, unknown>>

/**
 * Does what a call asks for; gives what is there, or what was made.
 * @see https://learn.microsoft.com/graph/api/resources/federatedidentitycredentials-overview
 * @throws REGISTRY_ABSENT, REGISTRY_EXISTS, REGISTRY_LIMIT, REGISTRY_DECLARED, REQUEST_INPUT
 */
export function carryOutCredentialCall(
  call: CredentialCall,
  draft: Draft,
): ShownCredential | readonly ShownCredential[] | undefined {
  const { method, appId, credential, body = {} } = call
  const all = credentialsIn(call, draft)
  const show = (document: FederatedCredentialDocument) => shown(document, appId)
  if (method === 'POST') return show(put(call, draft, { ...body, id: call.newId }))
  if (credential === undefined) return all.map(show)
  const found = all.find((each) => each.name === credential || idOf(each, appId) === credential)
  if (!found) throw absent(credential)
  if (method === 'PATCH') put(call, draft, { ...found, ...body, ...unchanged(found, body, appId) }, found)
  if (method === 'DELETE') draft.remove(keyOfCredential(call, found.name))
  return method === 'GET' ? show(found) : undefined
}

function credentialsIn({ tenantId, appId }: CredentialCall, draft: Draft): FederatedCredentialDocument[] {
  return draft
    .list(`${keyOf('entra', tenantId, 'application', appId, 'credential')}/`)
    .map(({ document }) => document as FederatedCredentialDocument)
}

function keyOfCredential({ tenantId, appId }: CredentialCall, name: string): string {
  return keyOf('entra', tenantId, 'application', appId, 'credential', name)
}

function put(
  call: CredentialCall,
  draft: Draft,
  body: Readonly<Record<string, unknown>>,
  before?: FederatedCredentialDocument,
): FederatedCredentialDocument {
  const document = parsed(body)
  checkImmutable(document)
  const others = credentialsIn(call, draft).filter(({ name }) => name !== before?.name)
  if (others.some(({ name }) => name === document.name))
    throw refused('REGISTRY_EXISTS', `FederatedIdentityCredential with name ${document.name} already exists.`)
  const { issuer, subject } = document
  if (subject !== undefined && others.some((each) => each.issuer === issuer && each.subject === subject))
    throw refused(
      'REQUEST_INPUT',
      `The combination of issuer and subject must be unique for the application. Issuer ${issuer} and Subject: ${subject} already exist.`,
    )
  if (others.length >= mostCredentials)
    throw refused(
      'REGISTRY_LIMIT',
      `An application has at most ${mostCredentials} federated identity credentials.`,
    )
  draft.put(keyOfCredential(call, document.name), document)
  return document
}

/** `reach` is ours, and not for whoever calls to say. */
function parsed({ reach: _, ...body }: Readonly<Record<string, unknown>>): FederatedCredentialDocument {
  const result = v.safeParse(federatedCredentialSchema, body)
  if (result.success) return result.output
  const [first] = schemaProblems(result.issues)
  throw refused('REQUEST_INPUT', first ? `${pathText(first.path)}: ${first.why}` : 'The value is not valid.')
}

function checkImmutable({ issuer, claimsMatchingExpression: expression }: FederatedCredentialDocument): void {
  const claims = expression && termsOf(expression, '', issuer).map(({ claim }) => claim)
  const missing = claims && missingImmutable(issuer, claims)
  if (!missing) return
  const text = `claimsMatchingExpression.value: must match ${missing.map((each) => `claims['${each}']`).join(' or ')} besides claims['sub'].`
  throw refused('REQUEST_INPUT', text)
}

/** What names a credential stays as it is; a client may send it back as it got it. */
function unchanged(
  found: FederatedCredentialDocument,
  body: Readonly<Record<string, unknown>>,
  appId: string,
): Pick<FederatedCredentialDocument, 'name' | 'id'> {
  const { name } = found
  if (body.name !== undefined && body.name !== name)
    throw refused('REQUEST_INPUT', 'The name of a federated identity credential cannot be changed.')
  const id = idOf(found, appId)
  if (body.id !== undefined && body.id !== id)
    throw refused('REQUEST_INPUT', "Property 'id' is read-only and cannot be set.")
  return { name, id }
}

function shown(document: FederatedCredentialDocument, appId: string): ShownCredential {
  const { name, issuer, subject = null, description = null, audiences, claimsMatchingExpression } = document
  const id = idOf(document, appId)
  const expression = claimsMatchingExpression && { claimsMatchingExpression }
  return { id, name, issuer, subject, description, audiences, ...expression }
}

function idOf({ id, name }: FederatedCredentialDocument, appId: string): string {
  return id ?? madeUpGuid(`credential ${appId} ${name}`)
}

/** What a directory says of everything that is not in it. */
export function absent(name: string): MayflyError {
  return refused(
    'REGISTRY_ABSENT',
    `Resource '${name}' does not exist or one of its queried reference-property objects are not present.`,
  )
}

type Refusal = 'REGISTRY_ABSENT' | 'REGISTRY_EXISTS' | 'REGISTRY_LIMIT' | 'REQUEST_INPUT'

function refused(code: Refusal, text: string): MayflyError {
  return new MayflyError(code, { message: text, values: { text } })
}
