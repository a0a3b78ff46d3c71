/** So many at once, and so many more in every span of that length. */
export interface Rate {
  readonly tokens: number
  /** Milliseconds in which an empty bucket is full again. */
  readonly everyMs: number
}

export interface TokenBucketsSetting extends Rate {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** The most buckets that are kept; beyond it those go that were asked least recently. Default: 10,000, about 2 MB. */
  readonly most?: number
}

/** One who asked too often. */
export interface Empty {
  /** Until there is a token again. */
  readonly waitMs: number
  /** How often this one was refused since that was last told; undefined where it need not be told now. */
  readonly tell?: number
}

/** A bucket of tokens for everybody who asks; one who did not ask for a while has a full one, and it takes no room. */
export interface TokenBuckets {
  /** Takes a token; says so when there is none. */
  take(key: string): Empty | undefined
  /** The same without taking one. */
  look(key: string): Empty | undefined
  readonly size: number
}

interface Bucket {
  /** Tokens that it lacks, at a time. */
  missing: number
  atMs: number
  toldAtMs: number
  refused: number
}

/** One refusal a minute is told for each who asks too often, so that whoever floods the service does not flood its log. */
const tellEveryMs = 60_000

export function tokenBuckets({ tokens, everyMs, now, most = 10_000 }: TokenBucketsSetting): TokenBuckets {
  const tokenMs = everyMs / tokens
  // Two generations: whoever asks comes to the younger, and when that is full the older one is forgotten. To move a key
  // within one map at every request would cost more than all the rest.
  let young = new Map<string, Bucket>()
  let old = new Map<string, Bucket>()

  function find(key: string): Bucket | undefined {
    const known = young.get(key)
    if (known) return known
    const kept = old.get(key)
    if (kept && old.delete(key)) add(key, kept)
    return kept
  }
  function add(key: string, bucket: Bucket): Bucket {
    young.set(key, bucket)
    if (young.size * 2 < most) return bucket
    old = young
    young = new Map()
    return bucket
  }
  function waitMsOf(bucket: Bucket): number {
    const nowMs = now()
    // Where somebody put the clock back, no time has passed.
    const passedMs = Math.max(0, nowMs - bucket.atMs)
    bucket.missing = Math.max(0, bucket.missing - passedMs / tokenMs)
    bucket.atMs = nowMs
    return (bucket.missing + 1 - tokens) * tokenMs
  }
  return {
    take(key) {
      const bucket = find(key) ?? add(key, fullBucket(now()))
      const waitMs = waitMsOf(bucket)
      if (waitMs > roundingMs) return refusal(bucket, waitMs)
      bucket.missing += 1
      return undefined
    },
    look(key) {
      const bucket = find(key)
      const waitMs = bucket ? waitMsOf(bucket) : 0
      return bucket && waitMs > roundingMs ? refusal(bucket, waitMs) : undefined
    },
    get size() {
      return young.size + old.size
    },
  }
}

/** What parts of tokens that were filled in add up to. */
const roundingMs = 1e-6

function fullBucket(nowMs: number): Bucket {
  return { missing: 0, atMs: nowMs, toldAtMs: Number.NEGATIVE_INFINITY, refused: 0 }
}

function refusal(bucket: Bucket, waitMs: number): Empty {
  bucket.refused += 1
  if (Math.abs(bucket.atMs - bucket.toldAtMs) < tellEveryMs) return { waitMs }
  const tell = bucket.refused
  bucket.toldAtMs = bucket.atMs
  bucket.refused = 0
  return { waitMs, tell }
}
