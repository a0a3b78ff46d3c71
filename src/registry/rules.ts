import * as v from 'valibot'

// The words of which the schema is made: a message is what was expected, and follows that word.

/** Text that matches, of which the expectation says what it is. */
export function matching(pattern: RegExp, expectation: string) {
  return v.pipe(v.string(expectation), v.regex(pattern, expectation))
}

/** Text of digits, which YAML reads as a number unless it is quoted. */
export function digits(pattern: RegExp, expectation: string) {
  return v.pipe(
    v.union([v.string(), v.number()], expectation),
    v.transform(String),
    v.regex(pattern, expectation),
  )
}

/** A list, empty where it is left out. */
export function listOf<Item extends v.GenericSchema>(item: Item) {
  return v.optional(v.array(item), [])
}

/** A list of at most so many, empty where it is left out. */
export function shortListOf<Item extends v.GenericSchema>(item: Item, most: number) {
  return v.optional(v.pipe(v.array(item), v.maxLength(most, `at most ${most} entries`)), [])
}

/** Text that is not empty, with a most of characters. */
export function textUpTo(most: number, expectation: string) {
  return v.pipe(
    v.string(),
    v.minLength(1, expectation),
    v.maxLength(most, `${expectation} of at most ${most} characters`),
  )
}

/** No two entries of a list may have the same. */
export function unique<Item>(what: string, keyOf: (item: Item) => unknown): v.RawCheckAction<Item[]> {
  return v.rawCheck(({ dataset, addIssue }) => {
    if (!Array.isArray(dataset.value)) return
    const first = new Map<unknown, number>()
    for (const [i, item] of (dataset.value as Item[]).entries()) {
      const key = item && keyOf(item)
      if (key === undefined) continue
      const before = first.get(key)
      if (before === undefined) first.set(key, i)
      else
        addIssue({
          message: `${what} ${JSON.stringify(key)} is registered already, by entry ${before}`,
          path: at(i),
        })
    }
  })
}

/** A name as those are told apart that letter case does not: undefined for what is no text, of which its own rule tells. */
export function caseless(name: unknown): string | undefined {
  return typeof name === 'string' ? name.toLowerCase() : undefined
}

/** A place below the value at hand, as valibot writes it. */
export function at(
  ...keys: [string | number, ...(string | number)[]]
): [v.IssuePathItem, ...v.IssuePathItem[]] {
  const item = (key: string | number): v.IssuePathItem => ({
    type: 'unknown',
    origin: 'value',
    input: undefined,
    key,
    value: undefined,
  })
  return [item(keys[0]), ...keys.slice(1).map(item)]
}

export interface UrlRule {
  /** Takes `http://` on this machine too. */
  readonly loopback?: boolean
  /** Takes a port. */
  readonly port?: boolean
  readonly longest: number
}

/** Whether this is an issuer's URL: compared character for character, so nothing is normalised. */
export function isIssuerUrl(text: string, { loopback = false, port = false, longest }: UrlRule): boolean {
  const parts = /^(https?):\/\/([^\s/?#@\\]+)(?:\/[^\s?#\\]*)?$/.exec(text)
  if (!parts || text.length > longest || !URL.canParse(text)) return false
  const { hostname } = new URL(text)
  const here = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  return (parts[1] === 'https' || (loopback && here)) && (port || parts[2]!.toLowerCase() === hostname)
}
