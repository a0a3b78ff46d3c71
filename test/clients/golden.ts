import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { checkout } from '../fakes/run.ts'

/** A file of the checkout that a run has to give again, character for character. */
export interface Golden {
  readonly path: string
  readonly text: string
}

/**
 * Holds what a run gave against what is kept, or keeps it.
 * @returns what differs, for people; undefined when nothing does
 */
export function compare({ path, text }: Golden, write: boolean): string | undefined {
  const kept = existsSync(path) ? readFileSync(path, 'utf8') : ''
  if (kept === text) return undefined
  const name = relative(checkout, path)
  if (!write) return `${name} is not what this run saw\n${difference(kept, text)}`
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return undefined
}

export const traceFile = (language: string, cell: string) =>
  join(
    checkout,
    'test',
    'clients',
    'traces',
    language,
    `${cell.replace(/[^a-z0-9.]+/gi, '-').toLowerCase()}.txt`,
  )

/** From the first line that differs to the last one that does. */
function difference(kept: string, seen: string): string {
  const [before, after] = [kept.split('\n'), seen.split('\n')]
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let end = 0
  const most = Math.min(before.length, after.length) - start
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end++
  const cut = (lines: readonly string[], mark: string) =>
    lines
      .slice(start, lines.length - end)
      .slice(0, 20)
      .map((line) => `  ${mark} ${line}\n`)
      .join('')
  return `  line ${start + 1}:\n${cut(before, '-')}${cut(after, '+')}`
}
