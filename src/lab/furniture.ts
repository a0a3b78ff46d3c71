/** The box's own folder, in memory, and gone with the box. */
export const labFolder = '/run/mayfly-lab'

/** A file with what is in it, and the paths that it takes the place of, where there is something. */
export interface Furniture {
  readonly path: string
  readonly content: string | Uint8Array
  readonly over: readonly string[]
}
