import type { Path, PlacedDocument } from '../wire/placed-document.ts'
import type { Place } from './given.ts'

export type Members = Readonly<Record<string, unknown>>

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A place in a document. A step `0` where there is no list stands for what is there, as `Statement[0]` does in a policy. */
export function placeIn(document: PlacedDocument, file: string, base: Path = []): Place {
  return {
    file,
    line(path = []) {
      let at: unknown = document.value
      const steps = [...base, ...path].filter((step) => {
        if (step === 0 && isMembers(at)) return false
        at = (at as Record<string | number, unknown> | undefined)?.[step]
        return true
      })
      return document.lineOf(steps)
    },
  }
}

/** A place below another. */
export function below(place: Place, base: Path): Place {
  return { file: place.file, line: (path = []) => place.line([...base, ...path]) }
}
