import type { PlatformName } from '../../src/lab/platform.ts'
import type { DeliveryName } from '../../src/plan.ts'

/** What a client goes through, in this order; each stands on the one before. */
export const sceneNames = ['without', 'first', 'renewal', 'refusal', 'proxy', 'shadow'] as const
export type SceneName = (typeof sceneNames)[number]

/** The toolchains that clients are written for. One folder beside this file each, with its own lock file. */
export const languages = ['javascript', 'python', 'go', 'java', 'command-line'] as const
export type Language = (typeof languages)[number]

/**
 * A real client program: a published library at one pinned version, and a few lines that call it as its documentation
 * says. No credential code, no endpoint, no test option: all that it knows comes from its environment.
 *
 * A living program makes one call for each line on its standard input, and answers each with one line of JSON on its
 * standard output: `{"ok":true,"text":"what the service said"}` or `{"ok":false,"text":"the library's own error"}`.
 * It keeps one client object for its whole life, as a service does. A command line (`living: false`) is started anew
 * for every call; its exit code says whether the call was made, its output is the text.
 */
export interface Client {
  /** As its users call it: `boto3`, `google-auth-library`. */
  readonly name: string
  /** The pinned version, as the lock file has it. */
  readonly version: string
  readonly language: Language
  /** Whose credentials it takes. */
  readonly cloud: 'aws' | 'google'
  /** What starts it; the first word is an absolute path or is found on PATH, relative paths are from the checkout. */
  readonly command: readonly string[]
  readonly living: boolean
  /** What a call does, for people: `sts:GetCallerIdentity`, `SELECT from BigQuery`. */
  readonly calls: string
  /** A pattern of what a call that went through says. */
  readonly says: RegExp
  /** The deliveries that it can take credentials by, the usual one first. */
  readonly deliveries: readonly DeliveryName[]
  /** How its clock is moved in the renewal scenario; `none` is told on the page, with the reason. */
  readonly clock: 'libfaketime' | 'overlay' | { readonly none: string }
  /** What its users get where Mayfly is not: the story's own error, asserted before the cure. By platform. */
  readonly without: Partial<Readonly<Record<PlatformName, RegExp>>>
  /** What a user reads of a refusal through this client. Mayfly's own code has to be in it where the client lets it through. */
  readonly refusal: RegExp
  /** Roles that it goes on to by itself, as which services see it besides its own. */
  readonly actsAs?: RegExp
  /**
   * Scenes that do not hold with this client, which nothing that Mayfly may do can mend, and how they go wrong. Asserted
   * too: a version with which they hold is news.
   */
  readonly misses?: Partial<Readonly<Record<SceneName, RegExp>>>
  /** What does not work with this client and why, for the page. */
  readonly remarks?: readonly string[]
}

/** What a language's clients need: its own package manager, and packages pinned by its own lock files. */
export interface Toolchain {
  readonly language: Language
  /** The version of what is installed; undefined when it is missing: its clients are then skipped, aloud. */
  found(): Promise<string | undefined>
  /** Installs and builds into a folder outside of the sources; returns at once when all is there. */
  prepare(folder: string): Promise<void>
  clients(folder: string): readonly Client[]
}
