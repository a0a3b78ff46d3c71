import { createHash } from 'node:crypto'
import { watch as watchFolder } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { MayflyError } from '../errors.ts'
import { type Clock, wallClock } from '../world.ts'
import type { TrustDocument } from './documents.ts'
import { parseTrust, readBeside, readTrustText } from './trust-file.ts'

/** Calls `changed` whenever something in a folder changes. Returns what ends it. */
export type WatchFolder = (folder: string, changed: () => void) => () => void

export interface WatchOptions {
  readonly path: string
  /** With the new document, after every change that is good. */
  readonly onDocument: (document: TrustDocument) => void
  /** With what is wrong, after a change that is not; the last good document stays in force. */
  readonly onError: (error: MayflyError) => void
  readonly clock?: Clock
  /** From the last sign of a change until the files are read: editors write in several steps. Default: 200. */
  readonly debounceMs?: number
  readonly watch?: WatchFolder
}

export interface WatchedTrust {
  /** The last good document. */
  document(): TrustDocument
  /** What is wrong with the files as they are now. */
  error(): MayflyError | undefined
  close(): void
}

/**
 * Reads a trust file now, and again whenever it or a file that it names changes.
 * @throws REGISTRY_DOCUMENT when it is wrong to begin with
 */
export function watchTrustFile(options: WatchOptions): WatchedTrust {
  const { path, onDocument, onError, clock = wallClock, debounceMs = 200, watch = folderWatcher } = options
  let read = readAll(path)
  if (read.document instanceof MayflyError) throw read.document
  let good = read.document
  let pending = () => {}
  const folders = new Map<string, () => void>()

  function follow() {
    // Folders, not files: an editor replaces the file, and Kubernetes the folder's link.
    for (const folder of new Set(read.files.map((file) => dirname(file))))
      if (!folders.has(folder)) folders.set(folder, watch(folder, changed))
  }
  function changed() {
    pending()
    pending = clock.after(debounceMs, reload)
  }
  function reload() {
    const next = readAll(path)
    if (next.digest === read.digest) return
    read = next
    follow()
    if (read.document instanceof MayflyError) return onError(read.document)
    good = read.document
    onDocument(good)
  }

  follow()
  return {
    document: () => good,
    error: () => (read.document instanceof MayflyError ? read.document : undefined),
    close() {
      pending()
      for (const end of folders.values()) end()
    },
  }
}

interface Reading {
  readonly document: TrustDocument | MayflyError
  /** Absolute; the trust file is the first. */
  readonly files: readonly string[]
  /** Of all that was read, and of what could not be. */
  readonly digest: string
}

function readAll(path: string): Reading {
  const files = [resolve(path)]
  const hash = createHash('sha256')
  const noted = (text: string) => {
    hash.update(`${text.length} ${text}`)
    return text
  }
  const beside = readBeside(path)
  const read = (name: string) => {
    files.push(resolve(dirname(path), name))
    return noted(beside(name))
  }
  let document: TrustDocument | MayflyError
  try {
    document = parseTrust(noted(readTrustText(path)), path, read)
  } catch (error) {
    if (!(error instanceof MayflyError)) throw error
    document = error
    noted(error.message)
  }
  return { document, files, digest: hash.digest('hex') }
}

const folderWatcher: WatchFolder = (folder, changed) => {
  const watcher = watchFolder(folder, { persistent: false }, changed)
  // A folder that goes away: the next reading says so.
  watcher.on('error', changed)
  return () => watcher.close()
}
