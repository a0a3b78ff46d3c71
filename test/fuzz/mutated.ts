import fc from 'fast-check'
import type { Target } from './target.ts'

/** As much as the token service takes in one body. */
const longest = 64 * 1024

/**
 * Texts of a target: one of its corpus with a few edits, its words in a row, or rubbish. Edits move, drop and multiply
 * whole words and punctuation marks, so that most of what comes out is still nearly the format. It shrinks towards few edits.
 */
export function mutated({ corpus, words }: Pick<Target, 'corpus' | 'words'>): fc.Arbitrary<string> {
  const edits = fc.array(editOf(words), { maxLength: 6 })
  const edited = fc.tuple(fc.constantFrom(...corpus), edits).map(([text, list]) => applied(text, list))
  const composed = fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((list) => list.join(''))
  return fc
    .oneof(
      { arbitrary: edited, weight: 8 },
      { arbitrary: composed, weight: 1 },
      { arbitrary: fc.string({ unit: 'binary' }), weight: 1 },
    )
    .map((text) => text.slice(0, longest))
}

interface Edit {
  readonly kind: 'remove' | 'insert' | 'replace' | 'repeat' | 'move' | 'flip'
  /** Which piece, counted round and round. */
  readonly at: number
  readonly to: number
  readonly length: number
  readonly times: number
  readonly word: string
}

function editOf(words: readonly string[]): fc.Arbitrary<Edit> {
  return fc.record({
    kind: fc.constantFrom('remove', 'insert', 'replace', 'repeat', 'move', 'flip'),
    at: fc.nat(9999),
    to: fc.nat(9999),
    length: fc.integer({ min: 1, max: 12 }),
    times: fc.constantFrom(2, 2, 2, 3, 40, 300, 5000),
    word: fc.oneof(
      fc.constantFrom(...words, ...awkward),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
  })
}

/** What parsers stumble over, whatever they read. */
const awkward = [
  ...['', '\u0000', '\n', '\r\n', '\ufeff', '\ud800', '\u2028', '%', '%00', '%zz', '\\', '"', "'", '\t'],
  ...['-1', '0', '1e999', '9007199254740993', '99999999999999999999', 'NaN', 'null', 'true', '[]', '{}'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '${', '*', '?', 'İ', 'ﬀ', '１'],
]

function applied(text: string, edits: readonly Edit[]): string {
  return edits.reduce(edit, piecesOf(text)).join('')
}

function piecesOf(text: string): string[] {
  return text.match(/\w+|\s+|[^\w\s]/gu) ?? []
}

function edit(pieces: readonly string[], { kind, at, to, length, times, word }: Edit): string[] {
  const start = at % (pieces.length + 1)
  const some = pieces.slice(start, start + length)
  const without = pieces.toSpliced(start, length)
  switch (kind) {
    case 'remove':
      return without
    case 'insert':
      return pieces.toSpliced(start, 0, word)
    case 'replace':
      return pieces.toSpliced(start, 1, word)
    case 'repeat':
      return pieces.toSpliced(start, 0, repeated(some.join(''), times))
    case 'move':
      return without.toSpliced(to % (without.length + 1), 0, ...some)
    case 'flip':
      return pieces.toSpliced(start, 1, flipped(pieces[start] ?? word, to))
  }
}

/** A piece may be a repetition already: not longer than the longest text, however often. */
function repeated(text: string, times: number): string {
  const enough = Math.ceil(longest / Math.max(1, text.length))
  return text.repeat(Math.min(times, enough)).slice(0, longest)
}

/** Another character, or another letter case, in one place. */
function flipped(piece: string, to: number): string {
  const at = to % (piece.length || 1)
  const letter = piece.charAt(at)
  const swapped = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
  const other = swapped === letter ? String.fromCharCode(letter.charCodeAt(0) ^ (1 << (to % 7))) : swapped
  return piece.slice(0, at) + other + piece.slice(at + 1)
}
