import { MayflyError } from '../errors.ts'
import { type PlacedProblem, pathText } from '../wire/placed-document.ts'

export interface TrustProblem extends PlacedProblem {
  /** The file, where it is another than the one that was read. */
  readonly file?: string
}

/** All that is wrong with a trust file, as one error. */
export function documentError(file: string, problems: readonly TrustProblem[]): MayflyError {
  const attempts = problems.map((each) => ({ what: place(each), why: each.why }))
  const { what, why } = attempts[0]!
  const { line, path } = problems[0]!
  return new MayflyError('REGISTRY_DOCUMENT', {
    message:
      attempts.length === 1
        ? `${file}: ${what}: ${why}`
        : `${file} has ${attempts.length} problems, the first in ${what}: ${why}`,
    values: { file, line, path: pathText(path) },
    attempts,
  })
}

function place({ file, line, path }: TrustProblem): string {
  const at = `${file ? `${file} ` : ''}line ${line}`
  return path.length ? `${at}, ${pathText(path)}` : at
}
