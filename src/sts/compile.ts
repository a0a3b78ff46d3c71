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

/**
 * Makes a value of each document once, for as long as that document is there. What is registered is compiled anew after
 * every change of it, and most of its documents are the objects that they were.
 */
export function oncePer<Document extends object, T>(
  make: (document: Document) => T,
): (document: Document) => T {
  const made = new WeakMap<Document, { readonly value: T }>()
  return (document) => {
    const known = made.get(document)
    if (known) return known.value
    const value = make(document)
    made.set(document, { value })
    return value
  }
}
