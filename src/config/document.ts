import { MayflyError } from '../errors.ts'
import { type PlacedDocument, type PlacedProblem, pathText, placedDocument } from '../wire/placed-document.ts'

/** A configuration file that can say where each of its values stands. */
export interface ConfigDocument extends PlacedDocument {
  readonly file: string
}

/** @throws CONFIG_SYNTAX with the line and column of every error */
export function readYaml(file: string, text: string): ConfigDocument {
  const document = placedDocument(text, { numbers: 'parsed' })
  const told = document.problems.slice(0, 10).map((each) => mistake(file, each))
  if (told.length) throw new MayflyError('CONFIG_SYNTAX', { message: told.join('; '), values: { file } })
  return { ...document, file }
}

/**
 * Says nothing of the text itself: a file of credentials that was broken by hand may hold a private key.
 * @throws CONFIG_SYNTAX with the line where it is known
 */
export function readJson(file: string, text: string): ConfigDocument {
  const document = placedDocument(text, { numbers: 'parsed' })
  const [problem] = document.problems
  const json = parsed(text)
  if (!problem && 'value' in json) return { ...document, file }
  const line = ('error' in json ? lineSaid(json.error) : undefined) ?? problem?.line
  throw new MayflyError('CONFIG_SYNTAX', {
    message: `${line ? `${file}:${line}` : file}: this is not valid JSON, or a key stands twice`,
    values: { file, line },
  })
}

/** `mayfly.yaml:4:3: credentials[0].to: is missing`; without what is not known. */
export function mistake(file: string, { line, column, path, why }: PlacedProblem): string {
  const place = [file, line, ...(column ? [column] : [])].join(':')
  return [place, ...(path.length ? [pathText(path)] : []), why].join(': ')
}

function parsed(text: string): { value: unknown } | { error: unknown } {
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    return { error }
  }
}

/** The engine's line: what is YAML and no JSON has none from the reader of both. */
function lineSaid(error: unknown): number | undefined {
  const line = /\(line (\d{1,9}) column/.exec(error instanceof Error ? error.message : '')?.[1]
  return line === undefined ? undefined : Number(line)
}
