import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { MayflyError } from '../errors.ts'

/** Far more than a few keys need. */
const largestBytes = 1024 * 1024

// O_NONBLOCK, so that opening a FIFO does not wait for its other end.
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

/**
 * The text of a file that nobody else could have read or written; undefined where there is none.
 * @throws KEY_FILE for a symbolic link, for another owner, for a mode beyond 0600, for a folder beyond 0700
 */
export function readPrivate(path: string): string | undefined {
  if (!privateFolder(dirname(path))) return undefined
  const file = attempt(path, ['ENOENT'], () => openSync(path, readFlags))
  if (file === undefined) return undefined
  try {
    const stats = fstatSync(file)
    if (!stats.isFile()) refuse(path, 'is not a regular file')
    refuseOthers(path, stats, '0600')
    if (stats.size > largestBytes) refuse(path, `is larger than ${largestBytes} bytes`)
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

/**
 * Makes a private file, whole or not at all, unless there is one: of several processes that try, the first wins and
 * the others find its file there afterwards.
 * @throws KEY_FILE
 */
export function createPrivate(path: string, text: string): void {
  const folder = dirname(path)
  attempt(folder, [], () => mkdirSync(folder, { recursive: true, mode: 0o700 }))
  privateFolder(folder)
  const draft = draftOf(path)
  attempt(draft, [], () => writeSynced(draft, text))
  try {
    // A link, not a rename: a link never replaces the file of whoever came first.
    attempt(path, ['EEXIST'], () => linkSync(draft, path))
  } finally {
    unlinkSync(draft)
  }
  syncFolder(folder)
}

/**
 * Puts another text in the place of one that was read, whole or not at all. Where somebody else has done so meanwhile,
 * theirs stays.
 * @throws KEY_FILE
 */
export function replacePrivate(path: string, before: string, text: string): void {
  const draft = draftOf(path)
  attempt(draft, [], () => writeSynced(draft, text))
  try {
    if (readPrivate(path) === before) attempt(path, [], () => renameSync(draft, path))
  } finally {
    attempt(draft, ['ENOENT'], () => unlinkSync(draft))
  }
  syncFolder(dirname(path))
}

function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}`)
}

function writeSynced(path: string, text: string): void {
  const file = openSync(path, createFlags, 0o600)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** The new name is on the disk only when its folder is. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, constants.O_RDONLY)
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Whether the folder is there. @throws KEY_FILE when others may read or write in it */
function privateFolder(folder: string): boolean {
  const stats = attempt(folder, ['ENOENT'], () => lstatSync(folder))
  if (!stats) return false
  if (stats.isSymbolicLink()) refuse(folder, 'is a symbolic link')
  if (!stats.isDirectory()) refuse(folder, 'is not a folder')
  refuseOthers(folder, stats, '0700')
  return true
}

function refuseOthers(path: string, stats: Stats, mode: string): void {
  // Windows has neither owners nor modes of this kind.
  const me = process.geteuid?.()
  if (me === undefined) return
  if (stats.uid !== me) refuse(path, `belongs to user ${stats.uid}, and this is user ${me}`)
  if (stats.mode & 0o077) {
    const found = (stats.mode & 0o777).toString(8).padStart(4, '0')
    refuse(path, `has mode ${found}, so that others may read or write it`, `chmod ${mode} ${path}`)
  }
}

/** Undefined for the failures that are expected; the others say what they mean. */
function attempt<Result>(path: string, expected: readonly string[], act: () => Result): Result | undefined {
  try {
    return act()
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    if (expected.includes(code)) return undefined
    return refuse(path, code === 'ELOOP' ? 'is a symbolic link' : `cannot be used (${code})`)
  }
}

function refuse(path: string, what: string, hint?: string): never {
  throw new MayflyError('KEY_FILE', { message: `${path} ${what}`, values: { path }, ...(hint && { hint }) })
}
