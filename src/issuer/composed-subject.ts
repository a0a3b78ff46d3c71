import { MayflyError } from '../errors.ts'
import { nearest } from '../wire/nearest.ts'

/** `a,b,c` as somebody said it. */
export function listed(text: string): readonly string[] {
  return text.split(',').map((each) => each.trim())
}

/**
 * `NAME:VALUE:NAME:VALUE…`: a subject of claims that somebody chose, in that order.
 * @throws COMMAND_USAGE for a name that is not among the parts
 */
export function composedSubject(
  setting: string,
  names: readonly string[],
  parts: Readonly<Record<string, string>>,
): string {
  return names.map((name) => partNamed(setting, name, parts)).join(':')
}

function partNamed(setting: string, name: string, parts: Readonly<Record<string, string>>): string {
  if (Object.hasOwn(parts, name)) return parts[name]!
  const known = Object.keys(parts)
  const meant = nearest(name, known)
  throw new MayflyError('COMMAND_USAGE', {
    message: `${setting}: this token has no "${name}" for its sub${meant ? `; did you mean ${meant}?` : ''}`,
    hint: `It can be made of: ${known.join(', ')}.`,
  })
}
