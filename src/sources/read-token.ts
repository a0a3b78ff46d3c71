import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { MayflyError } from '../errors.ts'

// Far above any token that a token service takes (Google: 12288 bytes, AWS: 20000 characters).
const mostBytes = 64 * 1024

/**
 * The text of a token file, trimmed: SDKs and people leave a newline at its end. Read anew at every call, because
 * kubelet and CI runners rewrite it.
 * @throws SOURCE_FAILED naming the path: absent, unreadable, empty, not a file, too large
 */
export async function readTokenFile(path: string): Promise<string> {
  try {
    // Without O_NONBLOCK, opening a FIFO that nobody writes to would wait for ever.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    return await textOf(file, path)
  } catch (cause) {
    if (cause instanceof MayflyError) throw cause
    throw failure(path, reasonOf(cause), cause)
  }
}

async function textOf(file: FileHandle, path: string): Promise<string> {
  const status = await file.stat()
  if (!status.isFile()) throw failure(path, 'is not a regular file')
  if (status.size > mostBytes) throw failure(path, `is larger than ${mostBytes} bytes`)
  const text = (await file.readFile('utf8')).trim()
  if (!text) throw failure(path, 'is empty')
  return text
}

function failure(path: string, why: string, cause?: unknown): MayflyError {
  return new MayflyError('SOURCE_FAILED', {
    message: `the token file ${path} ${why}`,
    values: { file: path },
    cause,
    hint: 'Check the path, and that the user of this process may read the file (in Kubernetes: fsGroup, or defaultMode of the volume).',
  })
}

function reasonOf(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist'
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user'
  return `cannot be read (${code ?? 'unknown error'})`
}
