/** So many at once, and so many more in every span of that length. */
export interface Rate {
  readonly tokens: number
  /** Milliseconds in which an empty bucket is full again. */
  readonly everyMs: number
}

export interface TokenBucketsSetting extends Rate {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** How many buckets are kept; beyond it the one that was asked least recently goes. Default: 10,000, about 2 MB. */
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
  const buckets = new Map<string, Bucket>()
  const tokenMs = everyMs / tokens

  function refill(bucket: Bucket, nowMs: number): Bucket {
    // Where somebody put the clock back, no time has passed.
    const passedMs = Math.max(0, nowMs - bucket.atMs)
    bucket.missing = Math.max(0, bucket.missing - passedMs / tokenMs)
    bucket.atMs = nowMs
    return bucket
  }
  /** The last one in the order of the map is the one that was asked most recently. */
  function keep(key: string, bucket: Bucket): void {
    buckets.delete(key)
    buckets.set(key, bucket)
    if (buckets.size > most) buckets.delete(buckets.keys().next().value!)
  }
  return {
    take(key) {
      const nowMs = now()
      const known = buckets.get(key)
      const bucket = known ? refill(known, nowMs) : fullBucket(nowMs)
      keep(key, bucket)
      const waitMs = (bucket.missing + 1 - tokens) * tokenMs
      if (waitMs > roundingMs) return refusal(bucket, waitMs)
      bucket.missing += 1
      return undefined
    },
    look(key) {
      const known = buckets.get(key)
      if (!known) return undefined
      const waitMs = (refill(known, now()).missing + 1 - tokens) * tokenMs
      return waitMs > roundingMs ? refusal(known, waitMs) : undefined
    },
    get size() {
      return buckets.size
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
