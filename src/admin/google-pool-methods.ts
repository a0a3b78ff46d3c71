import { messageIn } from './google-body.ts'
import { alreadyExists, failedPrecondition } from './google-errors.ts'
import type { GoogleMethod } from './google-method.ts'
import { pageOf } from './google-pages.ts'
import { type Identified, type Kind, poolResource } from './google-pool-resource.ts'
import { expiry } from './google-soft-deletion.ts'
import { masked } from './google-update-mask.ts'

export interface PoolMethods {
  readonly create: GoogleMethod
  readonly get: GoogleMethod
  readonly list: GoogleMethod
  readonly patch: GoogleMethod
  readonly remove: GoogleMethod
  readonly undelete: GoogleMethod
}

/** What can be done with pools and with providers: they are deleted softly, and every change is a long-running operation. */
export function poolMethods<Document extends Identified>(kind: Kind<Document>): PoolMethods {
  const { type: operation, permissions, message } = kind
  const resource = poolResource(kind)
  return {
    create: {
      permission: `${permissions}.create`,
      operation,
      run(call) {
        const id = call.query.get(kind.idParameter) ?? ''
        const there = resource.known(call, id)
        const document = kind.parse(messageIn(call.body, message), id)
        if (there) throw alreadyExists('Requested entity already exists')
        resource.purge(call)
        return resource.put(call, document)
      },
    },
    get: { permission: `${permissions}.get`, run: (call) => kind.shown(resource.find(call), call) },
    list: {
      permission: `${permissions}.list`,
      run(call) {
        const deletedToo = call.query.get('showDeleted')?.toLowerCase() === 'true'
        const found = resource.all(call).filter((each) => deletedToo || each.expireTime === undefined)
        const { items, rest } = pageOf(found, ({ id }) => id, call, kind.pageSizes)
        const shown = items.map((each) => kind.shown(each, call))
        return { ...(shown.length > 0 && { [kind.listed]: shown }), ...rest }
      },
    },
    patch: {
      permission: `${permissions}.update`,
      operation,
      run(call) {
        const before = resource.active(call)
        const current = messageIn(kind.shown(before, call), message)
        const given = messageIn(call.body, message)
        const mask = call.query.get('updateMask')
        const changed = masked(current, given, { mask, fields: message.fields })
        return resource.put(call, kind.parse(changed, before.id))
      },
    },
    remove: {
      permission: `${permissions}.delete`,
      operation,
      run(call) {
        resource.purge(call)
        return resource.put(call, { ...resource.active(call), expireTime: expiry(call.nowMs) })
      },
    },
    undelete: {
      permission: `${permissions}.undelete`,
      operation,
      run(call) {
        const { expireTime, ...document } = resource.find(call)
        if (expireTime === undefined) throw failedPrecondition('It is not deleted.')
        return resource.put(call, document as Document)
      },
    },
  }
}
