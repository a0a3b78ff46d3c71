import { MayflyError } from '../errors.ts'
import type { Write } from './store.ts'

/** Holds a write against the version that is there, if any. @throws REGISTRY_CONFLICT */
export function checkVersion({ key, replaces }: Write, there = 0): void {
  if (replaces === undefined || replaces === there) return
  const state =
    there === 0 ? 'is no longer there' : replaces === 0 ? 'is there already' : `is of version ${there} by now`
  throw new MayflyError('REGISTRY_CONFLICT', {
    message: `${key} ${state}`,
    values: { key, expected: replaces, found: there },
  })
}

/** What a database said, of a store that people know by its place; what is a MayflyError stays one. */
export function storeFailed(place: string, cause: unknown): MayflyError {
  if (cause instanceof MayflyError) return cause
  const said = cause instanceof Error ? cause.message : String(cause)
  return new MayflyError('REGISTRY_STORE', {
    message: `the registry in ${place} failed: ${said}`,
    values: { place },
    cause,
  })
}
