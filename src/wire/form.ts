import { MayflyError } from '../errors.ts'

/**
 * Reads an `application/x-www-form-urlencoded` text strictly: a name may occur once, letter case aside, so that no
 * two readers see different values.
 * @throws REQUEST_PARAMETER for a repeated or empty name, a bad escape, octets that are not UTF-8, or too many fields
 */
export function parseForm(text: string, maxFields = 200): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  const names = new Set<string>()
  for (const part of partsOf(text, maxFields)) {
    if (part === '') continue
    const [name, value] = fieldOf(part)
    const key = name.toLowerCase()
    if (names.has(key)) throw refused(`has ${shown(name)} more than once`, name)
    names.add(key)
    fields.set(name, value)
  }
  return fields
}

/**
 * As `parseForm`, for a protocol in which some names may occur again: their values, in order.
 * @throws REQUEST_PARAMETER
 */
export function parseRepeatingForm(
  text: string,
  repeating: readonly string[],
  maxFields = 200,
): {
  readonly fields: ReadonlyMap<string, string>
  readonly repeated: ReadonlyMap<string, readonly string[]>
} {
  const repeated = new Map<string, string[]>(repeating.map((name) => [name, []]))
  const once = partsOf(text, maxFields).filter((part) => {
    const [name, value] = part === '' ? [''] : fieldOf(part)
    const values = repeated.get(name)
    values?.push(value ?? '')
    return !values
  })
  return { fields: parseForm(once.join('&'), maxFields), repeated }
}

function partsOf(text: string, maxFields: number): readonly string[] {
  const parts = text.split('&', maxFields + 1)
  if (parts.length > maxFields) throw refused(`has more than ${maxFields} fields`, '')
  return parts
}

function fieldOf(part: string): readonly [name: string, value: string] {
  const equals = part.indexOf('=')
  const name = decoded(equals < 0 ? part : part.slice(0, equals), part)
  if (name === '') throw refused('has a field without a name', '')
  return [name, equals < 0 ? '' : decoded(part.slice(equals + 1), name)]
}

/** The fields as an `application/x-www-form-urlencoded` text, in order; those that are undefined are left out. */
export function encodeForm(fields: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  return given.map(([name, value]) => `${encoded(name)}=${encoded(String(value))}`).join('&')
}

function decoded(text: string, name: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw refused(`has a bad percent escape at ${shown(name)}`, name)
  }
}

// AWS wants all but RFC 3986's unreserved characters escaped; encodeURIComponent leaves these five.
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`)

// A field's name and never its value, which may be a token.
const shown = (name: string): string => JSON.stringify(name.split('=', 1)[0]!.slice(0, 64))

function refused(why: string, name: string): MayflyError {
  return new MayflyError('REQUEST_PARAMETER', {
    message: `the form ${why}`,
    values: { name: name.split('=', 1)[0]!.slice(0, 64) },
  })
}
