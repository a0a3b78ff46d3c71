/** A text from elsewhere without what could drive a terminal, turn its direction or begin a line. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
}

// C1 controls, what turns a text's direction, what ends a line, what cannot be seen: JSON leaves them as they are.
const unseen = /[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g
const escaped = (each: string) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A record as one line of JSON, which people read on terminals although strangers have a say in what it holds. */
export function jsonLine(record: object): string {
  return JSON.stringify(record).replace(unseen, escaped)
}

/** The same on one line, without runs of blanks, cut short. */
export function oneLine(text: string, most: number): string {
  const line = printable(text.slice(0, 2 * most))
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > most ? `${line.slice(0, most)}…` : line
}

/** Of a text with more than so many characters its beginning and its end, with its length between them: no longer than that. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text
  const told = `…[${text.length} characters]…`
  const half = Math.floor((most - told.length) / 2)
  return `${text.slice(0, half)}${told}${text.slice(-half)}`
}

/**
 * Whether a text can be a key or a token: visible ASCII without blanks, as every cloud's are. Whatever else stands there
 * could forge a header, or a line of the file that it is written into.
 */
export function isCredentialText(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}
