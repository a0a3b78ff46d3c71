/** Keys in their order, each once: what begins alike is found without looking at the rest. */
export type SortedKeys = readonly string[]

export function sortedKeys(keys: Iterable<string>): SortedKeys {
  return [...new Set(keys)].sort()
}

/** The same with a key that is there now, or is not any more. */
export function withKey(keys: SortedKeys, key: string, there: boolean): SortedKeys {
  const at = placeOf(keys, key)
  if ((keys[at] === key) === there) return keys
  return there ? keys.toSpliced(at, 0, key) : keys.toSpliced(at, 1)
}

export function beginningWith(keys: SortedKeys, prefix: string): SortedKeys {
  let end = placeOf(keys, prefix)
  const start = end
  while (keys[end]?.startsWith(prefix)) end += 1
  return keys.slice(start, end)
}

/** Where a key is, or would be. */
function placeOf(keys: SortedKeys, key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}
