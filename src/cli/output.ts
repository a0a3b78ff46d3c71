import type { MayflyError } from '../errors.ts'
import { printable } from '../wire/printable.ts'
import type { Io } from './command.ts'

const styles = { red: 31, green: 32, yellow: 33, cyan: 36, bold: 1, dim: 2 } as const
export type Style = keyof typeof styles

/** Text in a colour or weight, on a terminal that wants it. */
export function paint(io: Pick<Io, 'fancy'>, style: Style, text: string): string {
  return io.fancy ? `\x1b[${styles[style]}m${text}\x1b[0m` : text
}

/** Rows as columns two blanks apart, without trailing blanks. Colour codes take no room. */
export function table(rows: readonly (readonly string[])[], indent = ''): string {
  const widths: number[] = []
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, width(cell))
  const line = (row: readonly string[]) =>
    row.map((cell, i) => cell + ' '.repeat(widths[i]! - width(cell))).join('  ')
  return rows.map((row) => `${indent}${line(row)}`.trimEnd()).join('\n') + (rows.length > 0 ? '\n' : '')
}

function width(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape that begins a colour code
  return text.replace(/\x1b\[[0-9]+m/g, '').length
}

/**
 * An error as people read it: what happened, what was tried, what to do, and where it is explained. Whoever raised it may
 * have quoted others, so nothing in it reaches the terminal that could drive it.
 */
export function errorText(io: Pick<Io, 'fancy'>, error: MayflyError): string {
  // Some messages have the attempts in their sentence already.
  const told = error.attempts.filter(({ why }) => !error.message.includes(why))
  return [
    `${paint(io, 'red', 'error:')} ${printable(error.message)}\n`,
    table(
      told.map(({ what, why }) => [printable(what), printable(why)]),
      '  ',
    ),
    `${paint(io, 'cyan', 'hint:')} ${printable(error.hint)}\n`,
    `${paint(io, 'dim', 'code:')} ${error.code}  (docs/errors.md#${error.code.toLowerCase()})\n`,
  ].join('')
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
// Below this a person takes an answer for immediate, and a spinner would only flicker.
const patienceMs = 300
const frameMs = 80

/** Runs `work`; a spinner turns on a terminal while it takes longer than a moment, and leaves nothing behind. */
export async function spin<T>(
  io: Pick<Io, 'fancy' | 'err'>,
  label: string,
  work: () => Promise<T>,
): Promise<T> {
  if (!io.fancy) return work()
  let frame = 0
  let turning: NodeJS.Timeout | undefined
  const patience = setTimeout(() => {
    turning = setInterval(() => io.err(`\r${frames[frame++ % frames.length]} ${label}\x1b[K`), frameMs)
  }, patienceMs)
  try {
    return await work()
  } finally {
    clearTimeout(patience)
    clearInterval(turning)
    if (turning) io.err('\r\x1b[K')
  }
}
