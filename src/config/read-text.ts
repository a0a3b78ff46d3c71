import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { MayflyError } from '../errors.ts'

// A configuration of a thousand credentials is a tenth of this.
const mostBytes = 1024 * 1024

/**
 * The text of a configuration file, without a byte order mark.
 * @param what how messages call it: `the file /app/wif.json that GOOGLE_APPLICATION_CREDENTIALS names`
 * @throws CONFIG_FILE
 */
export async function readText(path: string, what: string): Promise<string> {
  const failure = (why: string, cause?: unknown) =>
    new MayflyError('CONFIG_FILE', { message: `${what} ${why}`, values: { file: path }, cause })
  try {
    // Without O_NONBLOCK, opening a FIFO that nobody writes to would wait for ever.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const status = await file.stat()
    if (!status.isFile()) throw failure('is not a regular file')
    if (status.size > mostBytes) throw failure(`is larger than ${mostBytes} bytes`)
    return (await file.readFile('utf8')).replace(/^\uFEFF/, '')
  } catch (cause) {
    if (cause instanceof MayflyError) throw cause
    throw failure(reasonOf(cause), cause)
  }
}

/** The same, or undefined where there is no such file. @throws CONFIG_FILE for every other failure */
export async function readTextIfAny(path: string, what: string): Promise<string | undefined> {
  try {
    return await readText(path, what)
  } catch (error) {
    if (error instanceof MayflyError && isAbsent(error.cause)) return undefined
    throw error
  }
}

const isAbsent = (cause: unknown) =>
  ['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException)?.code ?? '')

function reasonOf(cause: unknown): string {
  if (isAbsent(cause)) return 'does not exist'
  const code = (cause as NodeJS.ErrnoException).code
  return code === 'EACCES' || code === 'EPERM'
    ? 'may not be read by this user'
    : `cannot be read (${code ?? 'unknown error'})`
}
