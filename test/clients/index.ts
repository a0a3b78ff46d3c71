// `npm run clients`: unmodified programs in several languages, each in boxes of its own, and the page that tells of them.
import { mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { boxProblem } from '../../src/lab/box.ts'
import { checkout } from '../fakes/run.ts'
import { type Cell, isAtHome, nameOf } from './cell.ts'
import type { Toolchain } from './client.ts'
import { compare, type Golden, traceFile } from './golden.ts'
import { cellsFor, toolchains } from './matrix.ts'
import { clientsPage } from './page.ts'
import { play, type Report } from './play.ts'
import { preparedFor } from './prepared.ts'

const usage = `npm run clients -- [WORDS…] [--list] [--write]

  WORDS    only the cells whose names have all of these: \`boto3 eks\`
  --list   says which cells there are, and runs none
  --write  keeps what this run saw in docs/clients.md and test/clients/traces, which CI holds its runs against

MAYFLY_REQUIRE_TOOLCHAINS=1, as in CI: a missing toolchain is a failure and not a skip, and so is what was not seen before.
`
const { values, positionals: words } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
  allowPositionals: true,
})
const required = process.env.MAYFLY_REQUIRE_TOOLCHAINS === '1'

process.exitCode = values.help ? help() : await main()

function help(): number {
  process.stdout.write(usage)
  return 0
}

async function main(): Promise<number> {
  const problem = boxProblem()
  if (problem) throw problem
  const found = await Promise.all(toolchains.map(prepared))
  const ready = found.filter((each) => each !== undefined)
  const cells = ready.flatMap(cellsFor).filter(isWanted)
  if (values.list) return list(cells)
  const outcomes = await playAll(cells)
  const missing = found.length - ready.length
  const problems = outcomes.flatMap((each) => each.problems)
  if (words.length === 0 && missing === 0) problems.push(...drift(page(outcomes)))
  for (const each of problems) console.log(`\n✗ ${each}`)
  const failed = problems.length + (required ? missing : 0)
  const passed = outcomes.filter((each) => each.problems.length === 0).length
  console.log(`\n${passed} passed, ${failed} failed, ${missing} skipped`)
  return failed === 0 && outcomes.length > 0 ? 0 : 1
}

function isWanted(cell: Cell): boolean {
  const name = nameOf(cell).toLowerCase()
  return words.every((word) => name.includes(word.toLowerCase()))
}

function list(cells: readonly Cell[]): number {
  for (const cell of cells) console.log(`${nameOf(cell)}: ${cell.scenes.join(', ')}`)
  return 0
}

/** A toolchain with its clients installed; undefined, said aloud, where it is missing. */
async function prepared(toolchain: Toolchain): Promise<Toolchain | undefined> {
  const { language } = toolchain
  const version = await toolchain.found()
  if (version === undefined) {
    console.log(`${required ? '✗' : '-'} ${language}: skipped, its toolchain is not installed here`)
    return undefined
  }
  const folder = preparedFor(language)
  mkdirSync(folder, { recursive: true })
  const began = performance.now()
  await toolchain.prepare(folder)
  console.log(`  ${language}: ${version}, ready in ${seconds(began)}`)
  return toolchain
}

interface Outcome {
  readonly report: Report
  /** What is wrong, for people. */
  readonly problems: readonly string[]
}

/** As many at a time as there are processors; told as they end. */
async function playAll(cells: readonly Cell[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  const waiting = [...cells.entries()]
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) outcomes[next[0]] = await playTold(next[1])
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return outcomes
}

/** Plays a cell, and once more when it went wrong: a machine that is busy is no news. What the first try said is told. */
async function playTold(cell: Cell): Promise<Outcome> {
  const began = performance.now()
  const first = await playOnce(cell)
  const last = first.problems.length === 0 ? first : await playOnce(cell)
  const mark = last.problems.length > 0 ? '✗' : last === first ? '✓' : '~'
  const scenes = last.report.seen.map(({ scene }) => scene).join(', ')
  console.log(`${mark} ${nameOf(cell)}: ${scenes} (${seconds(began)})`)
  if (mark === '~') console.log(`  at the second try; the first:\n${first.problems.join('\n')}`)
  return last
}

async function playOnce(cell: Cell): Promise<Outcome> {
  const report = await play(cell)
  return { report, problems: problemsOf(report) }
}

function seconds(began: number): string {
  return `${((performance.now() - began) / 1000).toFixed(1)} s`
}

/** A red cell with everything that reached its box; a trace that is not the one that is kept. */
function problemsOf({ cell, seen, trace, log }: Report): string[] {
  const failure = seen.find((each) => each.outcome === 'failed')
  if (failure) return [`${nameOf(cell)}\n  ${failure.scene}: ${failure.text}\n\n${log}`]
  return isAtHome(cell) ? drift({ path: traceFile(cell.client.language, nameOf(cell)), text: trace }) : []
}

function page(outcomes: readonly Outcome[]) {
  const text = clientsPage(outcomes.map(({ report }) => report))
  return { path: join(checkout, 'docs', 'clients.md'), text }
}

/** What is kept was seen with the toolchains of CI: where others are installed it is no measure. */
function drift(golden: Golden): string[] {
  if (!values.write && !required) return []
  const differs = compare(golden, values.write)
  return differs === undefined ? [] : [`${differs}  \`npm run clients -- --write\` keeps it.`]
}
