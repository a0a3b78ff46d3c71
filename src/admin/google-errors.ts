import { type ErrorCode, MayflyError } from '../errors.ts'

const worded = (code: ErrorCode) => (text: string) =>
  new MayflyError(code, { message: text, values: { text } })

/** Errors of Google's IAM API, each with its words. */
export const invalidArgument = worded('REQUEST_INPUT')
export const failedPrecondition = worded('REGISTRY_STATE')
export const alreadyExists = worded('REGISTRY_EXISTS')
export const aborted = worded('REGISTRY_CONFLICT')

/** What Google says of everything that is not there. */
export function notFound(): MayflyError {
  return worded('REGISTRY_ABSENT')('Requested entity was not found.')
}

export function unsupported(what: string): MayflyError {
  return worded('REQUEST_UNSUPPORTED')(`Mayfly does not support ${what}.`)
}
