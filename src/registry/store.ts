/** A registered document by its key, `aws/123456789012/role/deploy`: the vendor's own shape, as JSON. */
export interface Entry {
  readonly key: string
  readonly document: unknown
  /** Counts up with every change of anything in the store; what an etag is made of. */
  readonly version: number
}

/** One thing to be written: a document under a key, or with `undefined` its removal. */
export interface Write {
  readonly key: string
  readonly document: unknown
  /** The version that is replaced; 0 for a key that has to be new. Absent: whatever is there. */
  readonly replaces?: number
}

/**
 * Where registered trust is kept. A commit is all or nothing, and lasting before it is acknowledged: what was
 * acknowledged is there after a crash of the process or the machine.
 */
export interface Store {
  /** Everything, in the order of the keys. @throws REGISTRY_STORE */
  read(): Promise<readonly Entry[]>
  /** That of the last commit, whoever made it: while it stays the same, so does what was read. @throws REGISTRY_STORE */
  version(): Promise<number>
  /**
   * Writes all of it or none.
   * @returns the version that every written entry has now
   * @throws REGISTRY_CONFLICT when an entry is not of the version that a write replaces, with its `key`
   * @throws REGISTRY_STORE when it could not be kept, or nobody knows whether it was
   */
  commit(writes: readonly Write[]): Promise<number>
  /** Calls `changed` after every change that somebody else made: another process, another node. Returns what ends it. */
  watch(changed: () => void): () => void
  close(): Promise<void>
}
