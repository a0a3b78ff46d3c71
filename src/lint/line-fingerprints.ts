const windowCharacters = 100
const base = 37n
const end = '\uffff'

/**
 * What code scanning knows a line by, so that a finding stays the same one when lines are added above it: a hash of the
 * hundred characters from its beginning, without spaces and tabs, and how many lines have had that hash so far. Where a
 * log has none, GitHub's upload step computes the same.
 * @see https://docs.github.com/code-security/reference/code-scanning/sarif-files/sarif-support "Fingerprint generation"
 */
export function lineFingerprints(text: string): (line: number) => string | undefined {
  const bare = `${text.replace(/\r\n?/g, '\n').replace(/[ \t]/g, '')}${end}`
  const counts = new Map<string, number>()
  const lines: [characters: string, count: number][] = []
  for (let at = 0, next = -1; next !== 0; at = next) {
    const characters = bare.slice(at, at + windowCharacters)
    counts.set(characters, (counts.get(characters) ?? 0) + 1)
    lines.push([characters, counts.get(characters)!])
    next = bare.indexOf('\n', at) + 1
  }
  return (line) => {
    const [characters, count] = lines[line - 1] ?? []
    return characters === undefined ? undefined : `${hashOf(characters)}:${count}`
  }
}

function hashOf(characters: string): string {
  let hash = 0n
  for (let i = 0; i < windowCharacters; i++) {
    const unit = i < characters.length ? characters.charCodeAt(i) : 0
    hash = BigInt.asUintN(64, hash * base + BigInt(unit))
  }
  return hash.toString(16)
}
