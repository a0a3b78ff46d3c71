import { invalidArgument } from './google-errors.ts'
import type { Members } from './google-method.ts'

/**
 * What is there, with those of its fields changed that the mask names: `displayName,oidc.allowedAudiences`. A field that
 * the body leaves out is cleared.
 * @see https://protobuf.dev/reference/protobuf/google.protobuf/#field-mask
 * @throws REQUEST_INPUT
 */
export function masked(
  current: Members,
  body: Members,
  { mask, fields }: { readonly mask: string | undefined; readonly fields: readonly string[] },
): Members {
  if (!mask) throw invalidArgument('The update mask must name at least one field.')
  const paths = mask === '*' ? fields : mask.split(',').map((each) => each.trim())
  return paths.reduce<Members>((changed, path) => {
    const [first = '', ...rest] = path.split('.').map(camelCase)
    if (!fields.includes(first))
      throw invalidArgument(`The update mask names an unknown field: ${path.slice(0, 64)}`)
    return withField(changed, body, [first, ...rest])
  }, current)
}

/** Python's clients write `display_name`. */
function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function withField(current: Members, body: Members, [name = '', ...rest]: readonly string[]): Members {
  const { [name]: before, ...others } = current
  const given = body[name]
  if (rest.length > 0) return { ...others, [name]: withField(objectOf(before), objectOf(given), rest) }
  return given === undefined ? others : { ...others, [name]: given }
}

function objectOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {}
}
