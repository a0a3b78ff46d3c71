import { timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

/** A value that must never be printed. Every way of turning it into text gives `[redacted]`; `reveal` is the one exit. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself: for a wire, a file of mode 0600 or a signature, never for a log or an error. */
  reveal(): string {
    return this.#value
  }

  /** Compares in constant time; only the length can leak. */
  equals(other: string): boolean {
    const mine = Buffer.from(this.#value)
    const theirs = Buffer.from(other)
    return mine.length === theirs.length && timingSafeEqual(mine, theirs)
  }

  toString(): string {
    return '[redacted]'
  }

  toJSON(): string {
    return '[redacted]'
  }

  [inspect.custom](): string {
    return '[redacted]'
  }
}
