import * as v from 'valibot'
import { parsed } from './google-body.ts'
import { invalidArgument } from './google-errors.ts'
import type { GoogleMethod, GoogleMethods } from './google-method.ts'
import { givenBindings, modifiedRoles, requestedVersion, shownPolicy } from './google-policy.ts'
import { accountOf, putAccount } from './google-service-account.ts'

const mostPermissions = 100

const getPolicy: GoogleMethod = {
  permission: 'iam.serviceAccounts.getIamPolicy',
  run: (call) => shownPolicy(accountOf(call).bindings, requestedVersion(call)),
}

const setPolicy: GoogleMethod = {
  permission: 'iam.serviceAccounts.setIamPolicy',
  run(call) {
    const account = accountOf(call)
    const bindings = givenBindings(call, account.bindings)
    call.demand('iam.serviceAccounts.setIamPolicy', {
      'iam.googleapis.com/modifiedGrantsByRole': modifiedRoles(account.bindings, bindings),
    })
    putAccount(call, { ...account, bindings })
    return shownPolicy(bindings, 3)
  },
}

/** Which of some permissions the caller has on what the call names. */
export const testPermissions: GoogleMethod = {
  run(call) {
    const permissions = parsed(v.optional(v.array(v.string()), []), call.body.permissions)
    if (permissions.length > mostPermissions || permissions.some((each) => each.includes('*')))
      throw invalidArgument(`At most ${mostPermissions} permissions can be tested, without wildcards.`)
    const held = permissions.filter((each) => call.holds(each))
    return { ...(held.length > 0 && { permissions: held }) }
  },
}

/** @see https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/setIamPolicy */
export const iamPolicies: GoogleMethods = {
  'serviceAccounts.getIamPolicy': getPolicy,
  'serviceAccounts.setIamPolicy': setPolicy,
  'serviceAccounts.testIamPermissions': testPermissions,
}
