// npm run fuzz [-- TARGET …] [--seconds N] [--seed S] [--path P]: parsers of untrusted input, fed with what is nearly right.
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import type { Finding } from './fuzz.ts'
import { targets } from './targets.ts'
import { watched } from './watched.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    path: { type: 'string' },
  },
})
const unknown = positionals.find((name) => targets.every((each) => each.name !== name))
if (unknown !== undefined)
  throw new Error(`no target ${unknown}; there are ${targets.map(({ name }) => name).join(', ')}`)
const chosen = targets.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
const seed = Number(values.seed)
const milliseconds = (Number(values.seconds) * 1000) / chosen.length
if (!Number.isSafeInteger(seed) || !(milliseconds > 0))
  throw new Error('--seed takes an integer, --seconds a number over 0')

const say = (line: string) => process.stdout.write(`${line}\n`)
say(`seed ${seed}, ${values.seconds} s over ${chosen.length} targets`)
for (const { name } of chosen) {
  const effort = {
    seed,
    runs: 1_000_000,
    milliseconds,
    ...(values.path !== undefined && { path: values.path }),
  }
  const { runs, taken, finding } = await watched(name, effort)
  say(`${finding ? 'FOUND' : 'ok   '} ${name}: ${runs} inputs, ${taken} taken`)
  if (finding) tell(finding)
}

function tell({ target, input, why, seed: from, path }: Finding): void {
  say(`  input   ${JSON.stringify(input)}\n  why     ${why}`)
  say(`  repeat  npm run fuzz -- ${target} --seed ${from}${path === undefined ? '' : ` --path ${path}`}`)
  process.exitCode = 1
}
