import { MayflyError } from '../errors.ts'

/** Makes a value when it is first asked for, and once. */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/**
 * Compiles a part of the trust document, naming its place where that fails.
 * @throws REGISTRY_DOCUMENT
 */
export function named<T>(at: string, compile: () => T): T {
  try {
    return compile()
  } catch (cause) {
    if (!(cause instanceof MayflyError)) throw cause
    const { path } = cause.values
    throw new MayflyError('REGISTRY_DOCUMENT', {
      message: `in ${at}: ${cause.message}`,
      values: { path: path === undefined ? at : `${at}.${path}` },
      hint: cause.hint,
      cause,
    })
  }
}
