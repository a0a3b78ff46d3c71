import { MayflyError } from '../errors.ts'
import { nearest } from '../wire/nearest.ts'

/**
 * The claims that a platform's own setting chooses, `a,b,c`, in that order.
 * @throws COMMAND_USAGE for one that is not among those
 */
export function chosenClaims<Value>(
  setting: string,
  text: string,
  from: Readonly<Record<string, Value>>,
): readonly (readonly [name: string, value: Value])[] {
  return text.split(',').map((each) => {
    const name = each.trim()
    if (Object.hasOwn(from, name)) return [name, from[name]!] as const
    throw notThere(setting, name, Object.keys(from))
  })
}

function notThere(setting: string, name: string, known: readonly string[]): MayflyError {
  const meant = nearest(name, known)
  return new MayflyError('COMMAND_USAGE', {
    message: `${setting}: this token has no "${name}" to choose${meant ? `; did you mean ${meant}?` : ''}`,
    hint: `There are: ${known.join(', ')}.`,
  })
}
