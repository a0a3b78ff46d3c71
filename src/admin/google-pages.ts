import { invalidArgument } from './google-errors.ts'
import type { GoogleCall, Members } from './google-method.ts'

export interface PageSizes {
  /** Where nobody says how many. */
  readonly usual: number
  /** More than that is cut down to it. */
  readonly most: number
}

export interface Page<Item> {
  readonly items: readonly Item[]
  /** `nextPageToken`, where more follow. */
  readonly rest: Members
}

/** A page of what is in the order of its names. A token is the name of the last one told. @throws REQUEST_INPUT */
export function pageOf<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  { query }: GoogleCall,
  sizes: PageSizes,
): Page<Item> {
  const after = nameIn(query.get('pageToken') ?? '')
  const left = items.filter((each) => nameOf(each) > after)
  const page = left.slice(0, sizeIn(query.get('pageSize') ?? '', sizes))
  const last = page.at(-1)
  const more = last !== undefined && left.length > page.length
  return { items: page, rest: more ? { nextPageToken: tokenOf(nameOf(last)) } : {} }
}

function sizeIn(text: string, { usual, most }: PageSizes): number {
  if (!/^\d{0,10}$/.test(text)) throw invalidArgument('Invalid page size.')
  return Math.min(Number(text) || usual, most)
}

const tokenOf = (name: string) => Buffer.from(name).toString('base64url')

function nameIn(token: string): string {
  const name = Buffer.from(token, 'base64url').toString()
  if (tokenOf(name) !== token) throw invalidArgument('Invalid page token.')
  return name
}
