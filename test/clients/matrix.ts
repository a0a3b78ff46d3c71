import { type Cell, cellsOf, nameOf } from './cell.ts'
import type { Toolchain } from './client.ts'
import { commandLine } from './command-line/index.ts'
import { go } from './go/index.ts'
import { java } from './java/index.ts'
import { javascript } from './javascript/index.ts'
import { preparedFor } from './prepared.ts'
import { python } from './python/index.ts'

/** Every language of the matrix. Adding one: a folder, its `index.ts` and a line here. */
export const toolchains: readonly Toolchain[] = [javascript, python, go, java, commandLine]

export function cellsFor(toolchain: Toolchain): readonly Cell[] {
  return toolchain.clients(preparedFor(toolchain.language)).flatMap(cellsOf)
}

/** @throws Error when there is no cell of that name */
export function cellNamed(name: string): Cell {
  const found = toolchains.flatMap(cellsFor).find((each) => nameOf(each) === name)
  if (found) return found
  throw new Error(`the matrix has no cell "${name}"`)
}
