import { keyOf } from '../registry/entries.ts'
import type { Message } from './google-body.ts'
import { failedPrecondition, notFound } from './google-errors.ts'
import type { GoogleCall, Members } from './google-method.ts'
import type { PageSizes } from './google-pages.ts'
import { type Deletable, isPurged } from './google-soft-deletion.ts'

export interface Identified extends Deletable {
  readonly id: string
}

/** What pools and their providers differ in. */
export interface Kind<Document extends Identified> {
  readonly type: 'WorkloadIdentityPool' | 'WorkloadIdentityPoolProvider'
  readonly permissions: 'iam.workloadIdentityPools' | 'iam.workloadIdentityPoolProviders'
  /** The query parameter that names one which is to be made. */
  readonly idParameter: string
  /** The member of a list's answer. */
  readonly listed: string
  readonly pageSizes: PageSizes
  readonly message: Message
  /** How many of the names in a path are those of what holds them. */
  readonly namesBefore: number
  /** The key before their IDs. */
  keyBefore(call: GoogleCall): string
  /** What holds them, where that can be deleted too. @throws REGISTRY_ABSENT */
  holder?(call: GoogleCall): Deletable
  /** @throws REQUEST_INPUT, REQUEST_UNSUPPORTED */
  parse(members: Members, id: string): Document
  shown(document: Document, call: GoogleCall): Members
}

/** Where the documents of a kind are. Every look-up fails where what should hold them is not there. */
export interface PoolResource<Document extends Identified> {
  /** Deleted ones too. */
  all(call: GoogleCall): readonly Document[]
  known(call: GoogleCall, id: string): Document | undefined
  /** The one that a call names, deleted or not. @throws REGISTRY_ABSENT */
  find(call: GoogleCall): Document
  /** The same, to be changed. @throws REGISTRY_ABSENT, REGISTRY_STATE for one that is deleted */
  active(call: GoogleCall): Document
  /** Takes away for good what could be undeleted until now. */
  purge(call: GoogleCall): void
  /** @returns what is shown of it @throws REGISTRY_STATE where what holds it is deleted */
  put(call: GoogleCall, document: Document): Members
}

export function poolResource<Document extends Identified>(kind: Kind<Document>): PoolResource<Document> {
  const keyFor = (call: GoogleCall, id: string) => `${kind.keyBefore(call)}/${keyOf(id)}`
  const there = (document: Document, { nowMs }: GoogleCall) => !isPurged(document, nowMs)
  const stored = (call: GoogleCall): readonly Document[] => {
    const before = `${kind.keyBefore(call)}/`
    return call.draft
      .list(before)
      .filter(({ key }) => !key.slice(before.length).includes('/'))
      .map(({ document }) => document as Document)
  }
  const resource: PoolResource<Document> = {
    all(call) {
      kind.holder?.(call)
      return stored(call).filter((each) => there(each, call))
    },
    known(call, id) {
      kind.holder?.(call)
      const found = call.draft.get(keyFor(call, id))?.document as Document | undefined
      return found && there(found, call) ? found : undefined
    },
    find(call) {
      const found = resource.known(call, call.names[kind.namesBefore] ?? '')
      if (found) return found
      throw notFound()
    },
    active(call) {
      const found = resource.find(call)
      checkActive(found)
      return found
    },
    purge(call) {
      for (const { id } of stored(call).filter((each) => !there(each, call))) {
        call.draft.remove(keyFor(call, id))
        for (const { key } of call.draft.list(`${keyFor(call, id)}/`)) call.draft.remove(key)
      }
    },
    put(call, document) {
      const holder = kind.holder?.(call)
      if (holder) checkActive(holder)
      call.draft.put(keyFor(call, document.id), document)
      return kind.shown(document, call)
    },
  }
  return resource
}

/** What is deleted does not change. @throws REGISTRY_STATE */
function checkActive({ expireTime }: Deletable): void {
  if (expireTime !== undefined)
    throw failedPrecondition(`It is deleted, and can be undeleted until ${expireTime}.`)
}

interface Described {
  readonly displayName?: string
  readonly description?: string
  readonly disabled: boolean
}

/** What is shown of pools and providers alike. What is empty or false is left out, as by Google. */
export function shownResource(name: string, document: Identified & Described): Members {
  const { displayName, description, disabled, expireTime } = document
  return {
    name,
    ...(displayName && { displayName }),
    ...(description && { description }),
    state: expireTime === undefined ? 'ACTIVE' : 'DELETED',
    ...(disabled && { disabled }),
    ...(expireTime !== undefined && { expireTime }),
  }
}
