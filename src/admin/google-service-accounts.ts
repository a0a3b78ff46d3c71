import { randomInt } from 'node:crypto'
import type { ServiceAccountDocument } from '../registry/documents.ts'
import { serviceAccountSchema } from '../registry/google-schema.ts'
import { messageIn, parsed } from './google-body.ts'
import { alreadyExists, failedPrecondition, invalidArgument } from './google-errors.ts'
import type { GoogleCall, GoogleMethod, GoogleMethods } from './google-method.ts'
import { pageOf } from './google-pages.ts'
import {
  accountKey,
  accountOf,
  accountsOf,
  deletedAccountOf,
  deletedKey,
  domainOf,
  purgeAccounts,
  putAccount,
  renameMember,
  shownAccount,
} from './google-service-account.ts'
import { expiry } from './google-soft-deletion.ts'
import { masked } from './google-update-mask.ts'

const message = {
  name: 'service_account',
  fields: ['displayName', 'description'],
  outputOnly: ['name', 'projectId', 'uniqueId', 'email', 'etag', 'oauth2ClientId', 'disabled'],
  unsupported: [],
}
const createRequest = {
  name: 'create_service_account_request',
  fields: ['accountId', 'serviceAccount'],
  outputOnly: [],
  unsupported: [],
}
const patchRequest = {
  name: 'patch_service_account_request',
  fields: ['serviceAccount', 'updateMask'],
  outputOnly: [],
  unsupported: [],
}

const create: GoogleMethod = {
  permission: 'iam.serviceAccounts.create',
  run(call) {
    const { accountId = '', serviceAccount } = messageIn(call.body, createRequest)
    if (!/^[a-z](?=.{5,29}$)[-a-z0-9]*[a-z0-9]$/.test(String(accountId)))
      throw invalidArgument(
        'Invalid service account ID: 6 to 30 of a-z, 0-9 and -, with a letter first and no - at the end.',
      )
    const { projectId } = call.project
    const email = `${accountId}@${domainOf(projectId)}`
    if (call.draft.get(accountKey(call, email)))
      throw alreadyExists(`Service account ${accountId} already exists within project projects/${projectId}.`)
    const given = messageIn(serviceAccount, message)
    const account = parsed(serviceAccountSchema, { ...given, email, uniqueId: newUniqueId() })
    purgeAccounts(call)
    putAccount(call, account)
    return shownAccount(account, call)
  },
}

function newUniqueId(): string {
  return `1${Array.from({ length: 20 }, () => randomInt(10)).join('')}`
}

const get: GoogleMethod = {
  permission: 'iam.serviceAccounts.get',
  run: (call) => shownAccount(accountOf(call), call),
}

const list: GoogleMethod = {
  permission: 'iam.serviceAccounts.list',
  run(call) {
    const { items, rest } = pageOf(accountsOf(call), ({ email }) => email, call, { usual: 20, most: 100 })
    return { ...(items.length > 0 && { accounts: items.map((each) => shownAccount(each, call)) }), ...rest }
  },
}

const patch: GoogleMethod = {
  permission: 'iam.serviceAccounts.update',
  run(call) {
    const { serviceAccount, updateMask = '' } = messageIn(call.body, patchRequest)
    const { displayName, description, ...account } = accountOf(call)
    const current = {
      ...(displayName !== undefined && { displayName }),
      ...(description !== undefined && { description }),
    }
    const mask = { mask: String(updateMask), fields: message.fields }
    // Its policy was looked at when it was set, and may have members that are deleted since.
    const changed = parsed(serviceAccountSchema, {
      ...account,
      ...masked(current, messageIn(serviceAccount, message), mask),
      bindings: [],
    })
    const document = { ...changed, bindings: account.bindings }
    putAccount(call, document)
    return shownAccount(document, call)
  },
}

const remove: GoogleMethod = {
  permission: 'iam.serviceAccounts.delete',
  run(call) {
    const account = accountOf(call)
    const { email, uniqueId } = account
    purgeAccounts(call)
    call.draft.remove(accountKey(call, email))
    call.draft.put(deletedKey(call, uniqueId), { ...account, expireTime: expiry(call.nowMs) })
    renameMember(call.draft, live(account), deleted(account))
    return {}
  },
}

const undelete: GoogleMethod = {
  permission: 'iam.serviceAccounts.undelete',
  run(call) {
    const { expireTime: _, ...account } = deletedAccountOf(call)
    if (call.draft.get(accountKey(call, account.email)))
      throw failedPrecondition(`There is another service account ${account.email} by now.`)
    call.draft.remove(deletedKey(call, account.uniqueId))
    putAccount(call, account)
    renameMember(call.draft, deleted(account), live(account))
    return { restoredAccount: shownAccount(account, call) }
  },
}

const live = ({ email }: ServiceAccountDocument) => `serviceAccount:${email}`
const deleted = ({ email, uniqueId }: ServiceAccountDocument) =>
  `deleted:serviceAccount:${email}?uid=${uniqueId}`

function switched(call: GoogleCall, disabled: boolean) {
  putAccount(call, { ...accountOf(call), disabled })
  return {}
}

/** @see https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts */
export const serviceAccounts: GoogleMethods = {
  'serviceAccounts.create': create,
  'serviceAccounts.get': get,
  'serviceAccounts.list': list,
  'serviceAccounts.patch': patch,
  'serviceAccounts.delete': remove,
  'serviceAccounts.undelete': undelete,
  'serviceAccounts.disable': {
    permission: 'iam.serviceAccounts.disable',
    run: (call) => switched(call, true),
  },
  'serviceAccounts.enable': {
    permission: 'iam.serviceAccounts.enable',
    run: (call) => switched(call, false),
  },
}
