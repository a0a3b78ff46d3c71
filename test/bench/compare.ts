/** One row of the table: how near the product comes to its floor. */
export interface Bar {
  readonly name: string
  /** Product over floor, the median of the rounds. */
  readonly value: number
  readonly bar: number
  readonly holds: boolean
}

export interface Comparison {
  readonly name: string
  readonly bar: number
  /** Each measures once and gives a rate. */
  readonly product: () => Promise<number>
  readonly floor: () => Promise<number>
  readonly rounds: number
  readonly progress: (line: string) => void
}

/** Floor and product in turn, so that a machine that slows down slows both; the ratio is taken pair by pair. */
export async function compare({ name, bar, product, floor, rounds, progress }: Comparison): Promise<Bar> {
  for (let warming = 0; warming < 2; warming += 1) {
    await floor()
    await product()
  }
  const ratios: number[] = []
  for (let round = 1; round <= rounds; round += 1) {
    const below = await floor()
    const ours = await product()
    ratios.push(ours / below)
    progress(
      `${name} ${round}/${rounds}: ${Math.round(ours)}/s against ${Math.round(below)}/s = ${(ours / below).toFixed(2)}`,
    )
  }
  const value = median(ratios)
  return { name, value: Number(value.toFixed(3)), bar, holds: value >= bar }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
