import { MayflyError } from '../errors.ts'
import type { Secret } from '../secret.ts'
import { oneLine } from '../wire/printable.ts'

// The beginning of every JWT: `{"`, in base64url.
const jwts = /eyJ[\w-]{8,}(?:\.[\w-]*)*/g

/** A token service's own words, without the secrets that it may have been given: AWS repeats a parameter it dislikes. */
export function serviceWords(text: string, secrets: readonly Secret[]): string {
  const values = secrets.flatMap((each) => spellings(each.reveal())).filter((each) => each.length > 0)
  const clean = values.reduce((words, value) => words.replaceAll(value, '[redacted]'), text)
  return oneLine(clean.replace(jwts, '[redacted]'), 500)
}

/** A value as such and as it went out in a form, in either case of its digits. */
function spellings(value: string): string[] {
  const encoded = encodeURIComponent(value.toWellFormed())
  return [value, encoded, encoded.replace(/%../g, (each) => each.toLowerCase())]
}

/** @throws CONFIG_FIELD when the text is not an absolute URL */
export function endpointUrl(text: string): URL {
  const url = URL.parse(text)
  if (url) return url
  throw new MayflyError('CONFIG_FIELD', {
    message: `the endpoint ${JSON.stringify(oneLine(text, 200))} is not a URL`,
  })
}
