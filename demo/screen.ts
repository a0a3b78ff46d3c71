import type { Io } from '../src/cli/command.ts'
import { paint, type Style, spin, table } from '../src/cli/output.ts'

/** Where the demo writes: lines for people, with colours and a spinner where a person looks on. */
export interface Screen {
  line(text?: string): void
  /** Lines beside a word in the margin. Long ones go on below their beginning, commands excepted. */
  row(word: string, ...lines: readonly string[]): void
  /** The outcome of work that takes a moment. */
  working<T>(what: string, work: () => Promise<T>): Promise<T>
  table(rows: readonly (readonly string[])[]): void
  paint(style: Style, text: string): string
}

const margin = 10
/** A line longer than this is hard to read, however wide the terminal is. */
const widest = 120

export function createScreen(io: Pick<Io, 'out' | 'err' | 'fancy'>): Screen {
  // Colours go to standard output here, which may be a file while standard error is a terminal.
  const coloured = { fancy: io.fancy && process.stdout.isTTY === true }
  const width = Math.min(process.stdout.columns ?? widest, widest) - margin - 2
  const line = (text = '') => io.out(`${text}\n`)
  return {
    line,
    row(word, ...lines) {
      for (const [i, text] of lines.flatMap((each) => wrapped(each, width)).entries())
        line(`  ${paint(coloured, 'dim', (i === 0 ? word : '').padEnd(margin))}${text}`)
    },
    working: (what, work) => spin(io, `  ${what}`, work),
    table: (rows) => io.out(table(rows, '  ')),
    paint: (style, text) => paint(coloured, style, text),
  }
}

/** At blanks alone, and a little further in than the first line: what is one word stays one. */
function wrapped(text: string, width: number): string[] {
  if (text.length <= width || text.startsWith('$ ')) return [text]
  const indent = ' '.repeat(text.length - text.trimStart().length)
  const lines: string[] = []
  for (const word of text.trimStart().split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(last === undefined ? indent + word : `${indent}  ${word}`)
  }
  return lines
}
