import { MayflyError } from '../errors.ts'
import type { Secret } from '../secret.ts'

/** A text from elsewhere on one line, cut short, without what could drive a terminal. */
export function oneLine(text: string, most: number): string {
  const line = text
    .slice(0, 2 * most)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
  return line.length > most ? `${line.slice(0, most)}…` : line
}

// The beginning of every JWT: `{"`, in base64url.
const jwts = /eyJ[\w-]{8,}(?:\.[\w-]*)*/g

/** A token service's own words, without the secrets that it may have been given: AWS repeats a parameter it dislikes. */
export function serviceWords(text: string, secrets: readonly Secret[]): string {
  const values = secrets.map((each) => each.reveal()).filter((each) => each.length > 0)
  const clean = values.reduce((words, value) => words.replaceAll(value, '[redacted]'), text)
  return oneLine(clean.replace(jwts, '[redacted]'), 500)
}

/** @throws CONFIG_FIELD when the text is not an absolute URL */
export function endpointUrl(text: string): URL {
  const url = URL.parse(text)
  if (url) return url
  throw new MayflyError('CONFIG_FIELD', {
    message: `the endpoint ${JSON.stringify(oneLine(text, 200))} is not a URL`,
  })
}
