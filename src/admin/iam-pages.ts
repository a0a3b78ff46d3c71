import { invalid, type Parameters } from '../wire/aws-parameters.ts'
import type { QueryResult } from '../wire/aws-query.ts'
import { constraints } from './iam-constraints.ts'

/** What every operation takes that answers in pages. */
export const pageParameters = [constraints.marker, constraints.maxItems] as const

/** As AWS gives where nobody says how many. */
const defaultItems = 100

export interface Page<Item> {
  readonly items: readonly Item[]
  /** `IsTruncated`, and the `Marker` of what follows. */
  readonly rest: QueryResult
}

/** The items after the marker, which have to be in the order of their names. A marker is the name of the last one told. */
export function pageOf<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  parameters: Parameters,
): Page<Item> {
  const after = markedName(parameters.get('Marker'))
  const most = Number(parameters.get('MaxItems') ?? defaultItems)
  const left = after === undefined ? items : items.filter((each) => nameOf(each) > after)
  const page = left.slice(0, most)
  const last = page.at(-1)
  const truncated = last !== undefined && left.length > page.length
  return {
    items: page,
    rest: { IsTruncated: truncated, ...(truncated && { Marker: markerOf(nameOf(last)) }) },
  }
}

const markerOf = (name: string) => Buffer.from(name).toString('base64url')

function markedName(marker: string | undefined): string | undefined {
  if (marker === undefined) return undefined
  const name = Buffer.from(marker, 'base64url').toString()
  if (markerOf(name) !== marker) throw invalid('Invalid Marker.')
  return name
}
