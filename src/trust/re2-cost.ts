// What it takes to compile an RE2 pattern, told from its text: `(x{1000}y{1000}){2}` is short and becomes 4,000 instructions.

/** For an instruction, and for a character of a pattern. */
const instructionSteps = 20
/** For `\pL` and its like, a table of hundreds of ranges; more where `(?i)` adds the other letter case of each. */
const tableSteps = 2000
const foldedTableSteps = 30_000
/** For a range beyond ASCII whose other letter cases are looked up one character after the other. */
const foldedRangeSteps = 500_000

// Quoted text, an escape, a class, a group's ends, a count, or any other character.
const token =
  /\\Q.*?(?:\\E|$)|\\(?:[pP](?:\{[^}]*\}?|.)?|x\{[^}]*\}|.)|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]?|[()]|\{(\d+)(?:,(\d*))?\}|./gs

/** Steps that compiling a pattern takes, at most. */
export function patternSteps(pattern: string): number {
  const folds = /\(\?\w*i/.test(pattern)
  let tables = 0
  // What stands before each open group, and the length of what a count would repeat.
  const outer: number[] = []
  let length = 0
  let last = 0
  for (const [text, least, most] of pattern.matchAll(token)) {
    tables += classSteps(text, folds)
    if (text === '(') outer.push(length)
    // What may be there and need not takes an instruction of its own.
    if (least !== undefined) length += last * Math.max(Number(least) + 1, 2 * Number(most ?? 0))
    else {
      length += text.startsWith('\\Q') ? text.length : 1
      last = text === ')' ? length - (outer.pop() ?? 0) : 1
    }
  }
  return tables + instructionSteps * (length + pattern.length + 3)
}

function classSteps(text: string, folds: boolean): number {
  const tables = text.match(/\\[pP]/g)?.length ?? 0
  const ranges =
    folds && text.startsWith('[') && /\P{ASCII}|\\[x\d]/u.test(text) ? text.split('-').length - 1 : 0
  return tables * (folds ? foldedTableSteps : tableSteps) + ranges * foldedRangeSteps
}
