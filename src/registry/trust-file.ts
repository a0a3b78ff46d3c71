import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import * as v from 'valibot'
import { MayflyError } from '../errors.ts'
import { placed, shown } from '../wire/placed-document.ts'
import { schemaProblems } from '../wire/schema-problems.ts'
import type { TrustDocument } from './documents.ts'
import { otherProviderKind } from './google-schema.ts'
import { inlinePolicies, type ReadFile, registeredDocument } from './policy-files.ts'
import { documentError, type TrustProblem } from './problems.ts'
import { trustSchema } from './schema.ts'

/** Room for more than 100,000 roles. */
const largestBytes = 256 * 1024 * 1024

/**
 * Reads who is trusted from a YAML or JSON file, with every default filled in.
 * @throws REGISTRY_DOCUMENT with every problem in `attempts`, each with its line and its place in the document
 */
export async function readTrustFile(path: string): Promise<TrustDocument> {
  return parseTrust(readTrustText(path), path)
}

/** As `readTrustFile`, for text in hand. `{ file: … }` in it is read relative to `fileName`. @throws REGISTRY_DOCUMENT */
export function parseTrust(
  text: string,
  fileName: string,
  read: ReadFile = readBeside(fileName),
): TrustDocument {
  const document = registeredDocument(text)
  const problems: TrustProblem[] = [...document.problems]
  if (Array.isArray(document.value))
    problems.push({ line: 1, path: [], why: `expected an object, got ${shown(document.value)}` })
  if (problems.length) throw documentError(fileName, problems)
  const parsed = v.safeParse(trustSchema, inlinePolicies(document, read, problems))
  // A policy that could not be had was told of already, where the reason is known.
  const told = new Set(problems.map((each) => JSON.stringify(each.path)))
  const found = placed(document, schemaProblems(parsed.issues ?? [], otherProviderKind))
  for (const each of found) if (!told.has(JSON.stringify(each.path))) problems.push(each)
  if (problems.length || !parsed.success) throw documentError(fileName, problems)
  const { $schema: _, ...trust } = parsed.output
  return trust
}

/** @throws REGISTRY_DOCUMENT when it cannot be read, or is no text */
export function readTrustText(
  path: string,
  absentHint = 'Name one on the command line, or write one: examples/trust.yaml in the repository has comments.',
  name = path,
): string {
  const unreadable = (message: string, hint: string, cause?: unknown) =>
    new MayflyError('REGISTRY_DOCUMENT', { message, values: { file: name }, hint, cause })
  let text: string
  try {
    text = readBeside(path)(resolve(path))
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') throw unreadable(`there is no trust file ${name}`, absentHint, cause)
    if (code === 'EISDIR') throw unreadable(`${name} is a folder`, 'Name a file in it.', cause)
    throw unreadable(`${name} cannot be read (${code})`, 'Check the path and its permissions.', cause)
  }
  if (/[\0\ufffd]/.test(text)) throw unreadable(`${name} is no text in UTF-8`, notText)
  return text
}

const notText =
  'Write it as UTF-8. What PowerShell 5 redirects with > is UTF-16: pipe it to `Out-File -Encoding utf8` in place of that.'

// `<(…)` and standard input.
const isOpenAlready = /^\/(dev\/(stdin|fd\/\d+)|proc\/(self|\d+)\/fd\/\d+)$/

/** Reads files by paths relative to the folder of another. */
export function readBeside(fileName: string): ReadFile {
  return (path) => {
    const file = resolve(dirname(fileName), path)
    const stats = statSync(file)
    if (stats.size > largestBytes) throw Object.assign(new Error(`${file} is too large`), { code: 'EFBIG' })
    // A FIFO that nobody writes to would be waited for, and a device has no end.
    if (!stats.isFile() && !stats.isDirectory() && !isOpenAlready.test(file))
      throw Object.assign(new Error(`${file} is no file`), { code: 'it is not a regular file' })
    return readFileSync(file, 'utf8')
  }
}
