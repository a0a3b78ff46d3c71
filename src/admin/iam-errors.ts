import { type ErrorCode, MayflyError } from '../errors.ts'

const worded = (code: ErrorCode) => (text: string) =>
  new MayflyError(code, { message: text, values: { text } })

/** IAM's errors, each with AWS's words. */
export const noSuchEntity = worded('REGISTRY_ABSENT')
export const alreadyExists = worded('REGISTRY_EXISTS')
export const deleteConflict = worded('REGISTRY_IN_USE')
export const notAttachable = worded('REGISTRY_UNATTACHABLE')
export const limitExceeded = worded('REGISTRY_LIMIT')
export const invalidInput = worded('REQUEST_INPUT')

/** Of something that is no ARN of what it should be. */
export function invalidArn(arn: string): MayflyError {
  return invalidInput(`ARN ${arn} is not valid.`)
}

/** A quota by the name that AWS has for it. */
export function overQuota(quota: string, most: number): MayflyError {
  return limitExceeded(`Cannot exceed quota for ${quota}: ${most}`)
}
