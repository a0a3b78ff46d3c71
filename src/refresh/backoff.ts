const firstMs = 1000
const longestMs = 60_000

/** How long to wait after the nth failure in a row: 1 s, 2 s, 4 s … 60 s, of which a random half is taken off. */
export function backoffMs(failures: number, random: () => number): number {
  const fullMs = Math.min(longestMs, firstMs * 2 ** (failures - 1))
  return Math.ceil(fullMs * (1 - random() / 2))
}
