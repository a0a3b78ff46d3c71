import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../world.ts'
import type { SiteFile } from './platform.ts'

/** Writes a platform's files, and again before what is in them ends, as kubelet does. */
export function keepFiles(files: readonly SiteFile[], clock: Clock): { close(): void } {
  const cancels = new Map<string, () => void>()
  const keep = (file: SiteFile) => {
    const { text, lastsMs } = file.content()
    write(file.path, text)
    cancels.set(
      file.path,
      clock.after(lastsMs, () => keep(file)),
    )
  }
  for (const each of files) keep(each)
  return {
    close() {
      for (const cancel of cancels.values()) cancel()
    },
  }
}

/** By a rename, so that a reader finds the old one or the new one. */
function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.new`, text, { mode: 0o644 })
  renameSync(`${path}.new`, path)
}
