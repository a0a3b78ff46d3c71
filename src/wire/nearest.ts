/** The name that was probably meant: the one at the smallest edit distance, letter case aside, if that is small. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const written = comparable(name)
  const ranked = known
    .map((each) => ({ each, distance: editDistance(written, comparable(each)) }))
    .sort((a, b) => a.distance - b.distance)
  const [best] = ranked
  return best && best.distance <= Math.max(1, Math.floor(written.length / 3)) ? best.each : undefined
}

/** Its first 64 characters: no name of ours is longer, and what a stranger wrote may be of any length. */
const comparable = (name: string) => name.slice(0, 64).toLowerCase()

/** Levenshtein's: insertions, deletions and replacements. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
