import { MayflyError } from '../errors.ts'
import { readJwt } from '../wire/jws.ts'
import { textOfFile } from './text-of-file.ts'
import { tokenText } from './token-text.ts'

type Claims = Readonly<Record<string, unknown>>

/** Many tokens, or their claims: an array in JSON, or one on each line. @throws CONFIG_FILE, CONFIG_SYNTAX, PROOF_MALFORMED */
export function readCandidates(file: string, name: string): Claims[] {
  const text = textOfFile(file, name)
  if (text.trimStart().startsWith('['))
    return arrayIn(text, name).map((each, i) => claimsIn(each, `${name} [${i}]`))
  return text.split('\n').flatMap((line, i) => {
    const trimmed = line.trim()
    const at = `${name} line ${i + 1}`
    if (trimmed === '') return []
    return [claimsIn(trimmed.startsWith('{') ? parsed(trimmed, at) : trimmed, at)]
  })
}

function claimsIn(value: unknown, at: string): Claims {
  if (typeof value === 'string') return tokenIn(value, at)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Claims
  throw syntax(`${at}: expected a token, or an object of claims`)
}

function tokenIn(token: string, at: string): Claims {
  try {
    return readJwt(tokenText(token)).claims
  } catch (error) {
    throw error instanceof MayflyError ? error.about(at) : error
  }
}

function arrayIn(text: string, name: string): unknown[] {
  return parsed(text, name) as unknown[]
}

function parsed(text: string, at: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw syntax(`${at}: ${(cause as Error).message.slice(0, 200)}`)
  }
}

function syntax(message: string): MayflyError {
  return new MayflyError('CONFIG_SYNTAX', {
    message,
    hint: 'Write a JSON array, or one line for each: the claims as an object, or the token as it is.',
  })
}
